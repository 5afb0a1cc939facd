// ResNet-18 on CIFAR-100, the whole recipe from top to bottom. `train_model` does the same with resuming, early
// stopping and reports; this program shows what is behind it.
//
//     pipeline stage run fetch_data --set out=data
//     swift run -c release cifar100-example data 30
//
// The recipe: SGD with Nesterov momentum 0.9 and weight decay 0.0005 (not on norms and biases), batches of 256, one
// cycle of the learning rate up to 0.2 and down to nothing (Smith & Topin 2018), label smoothing 0.1 (Szegedy et al.
// 2016), random crops with a margin of four pixels, and flips.
import Glibc
import Tensor

struct Problem: Error, CustomStringConvertible {
    var description: String
}

/// The bytes of a whole file.
func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        throw Problem(description: "\(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    fseek(file, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: ftell(file))
    rewind(file)
    guard fread(&bytes, 1, bytes.count, file) == bytes.count else {
        throw Problem(description: "\(path): cannot be read")
    }
    return bytes
}

/// The share of images whose highest score is that of their class.
func accuracy(of model: Model, on set: ImageSet) throws -> Double {
    let scores = try model.logits(set, indices: 0..<set.count)
    let hits = (0..<set.count).filter { image in
        let row = scores[image * model.classes..<(image + 1) * model.classes]
        let best = row.indices.max { row[$0] < row[$1] } ?? row.startIndex
        return best - row.startIndex == Int(set.labels[image])
    }
    return Double(hits.count) / Double(set.count)
}

let arguments = CommandLine.arguments
let folder = (arguments.count > 1 ? arguments[1] : "data") + "/cifar-100-binary"
let epochs = arguments.count > 2 ? Int(arguments[2]) ?? 30 : 30
let seed: UInt64 = 0
let batchSize = 256

// 1. The images: 50,000 to train on and 10,000 to see what was learnt, as bytes.
let train = try ImageSet.cifar100(read(folder + "/train.bin"))
let test = try ImageSet.cifar100(read(folder + "/test.bin"))
let order = BatchOrder(count: train.count, batchSize: batchSize, seed: seed)

// 2. The network, and how it learns.
let model = try Model(architecture: .resnet18(classes: 100), seed: seed, normalization: .cifar100, device: .cpu())
let trainer = try Trainer(
    model, optimizer: .sgd(momentum: 0.9, nesterov: true, weightDecay: 5e-4),
    schedule: .oneCycle(peak: 0.2, steps: epochs * order.batchesPerEpoch), labelSmoothing: 0.1, batchSize: batchSize,
    augmentation: .standard, seed: seed)
print("\(train.count) images, \(model.parameterCount) parameters on \(model.deviceName)")

// 3. Epoch by epoch, each in an order of its own.
for epoch in 0..<epochs {
    let start = ContinuousClock.now
    let indices = order.indices(epoch: epoch)
    var loss = 0.0
    for batch in 0..<order.batchesPerEpoch {
        let images = indices[order.range(ofBatch: batch)]
        loss += Double(try trainer.step(train, indices: images).loss) * Double(images.count)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rate = Int(Double(train.count) / seconds)
    print(
        "epoch \(epoch + 1)/\(epochs)  loss \(loss / Double(train.count))  accuracy \(try accuracy(of: model, on: test))  \(rate) images/s"
    )
}

// 4. The weights, under PyTorch's names: safetensors.torch.load_file() and load_state_dict() take them.
try Checkpoint.save(model, to: "resnet18-cifar100.safetensors")
