/// The binary form in which Krizhevsky publishes CIFAR-10 and CIFAR-100: rows of label bytes and 3072 bytes of a
/// 32x32 image, a red, a green and a blue plane, each by rows. https://www.cs.toronto.edu/~kriz/cifar.html
package struct CIFARFormat: Sendable, Hashable {
    /// The word for it in parameters and reports.
    package var name: String
    /// The folder inside the archive.
    package var folder: String
    package var trainFiles: [String]
    package var testFiles: [String]
    /// One name per class and line, in the order of the labels.
    package var labelNamesFile: String
    /// Names of the 20 superclasses, where the format has them.
    package var coarseLabelNamesFile: String?
    package var classes: Int
    /// Label bytes before the pixels; the last of them is the class.
    package var labelBytes: Int
    /// The authors' archive.
    package var url: String
    /// Its check sum as the authors publish it.
    package var md5: String

    package static let cifar100 = CIFARFormat(
        name: "cifar100", folder: "cifar-100-binary", trainFiles: ["train.bin"], testFiles: ["test.bin"],
        labelNamesFile: "fine_label_names.txt", coarseLabelNamesFile: "coarse_label_names.txt", classes: 100,
        labelBytes: 2, url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        md5: "03b5dce01913d631647c71ecec9e9cb8")

    package static let cifar10 = CIFARFormat(
        name: "cifar10", folder: "cifar-10-batches-bin",
        trainFiles: (1...5).map { "data_batch_\($0).bin" }, testFiles: ["test_batch.bin"],
        labelNamesFile: "batches.meta.txt", coarseLabelNamesFile: nil, classes: 10, labelBytes: 1,
        url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", md5: "c32a1d4ab5d03f1284b67883e8d87530")

    package static let all = [cifar100, cifar10]

    package static func named(_ name: String) -> CIFARFormat? { all.first { $0.name == name } }

    package static let channels = 3
    package static let height = 32
    package static let width = 32
    package static let pixelBytes = channels * height * width

    package var rowBytes: Int { labelBytes + Self.pixelBytes }

    /// Classes of a superclass; only CIFAR-100 has superclasses.
    package var classesPerCoarseClass: Int { 5 }

    /// Number of superclasses, whose label comes before the class's; `nil` in formats without them.
    package var coarseClasses: Int? { labelBytes == 2 ? classes / classesPerCoarseClass : nil }

    /// All files that make up a data set, by their names in `folder`.
    package var files: [String] {
        trainFiles + testFiles + [labelNamesFile] + (coarseLabelNamesFile.map { [$0] } ?? [])
    }

    package func files(of split: DatasetSplit) -> [String] { split == .train ? trainFiles : testFiles }
}

/// The two parts of a data set.
package enum DatasetSplit: String, Sendable, Hashable, CaseIterable {
    case train
    case test
}
