import Tensor

extension ImageDataset {
    /// The same rows for the tensor core; they are shared, not copied.
    func imageSet() throws(StageError) -> ImageSet {
        try StageError.turning { () throws(TensorError) in
            try ImageSet(
                rows: rows, rowBytes: format.rowBytes, labelOffset: format.labelBytes - 1,
                pixelOffset: format.labelBytes, classes: format.classes)
        }
    }

    /// The statistics that the data set's images are normalised with.
    var normalization: Normalization { format == .cifar10 ? .cifar10 : .cifar100 }
}
