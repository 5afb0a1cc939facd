import Foundation
import Testing

@testable import Tensor

/// Every operation, forward and backward, against PyTorch in double precision. The cases in the repository are small;
/// `make compare-torch` gives the shapes of ResNet-18 by PIPELINE_TORCH_CASES and reads the errors from the file that
/// PIPELINE_TORCH_REPORT names.
@Suite struct TorchParityTests {
    @Test func everyOperationHasACase() {
        let operations = Set(TorchCase.all.map(\.operation))
        #expect(
            operations == [
                "conv2d", "batch_norm", "relu", "max_pool", "average_pool", "linear", "cross_entropy", "image_input",
                "sgd", "adamw",
            ])
    }

    @Test func resultsAreWithinTheirBoundsOfDoublePrecision() throws {
        var report: [[String: Any]] = []
        for source in TorchCase.all {
            for (name, device) in [("cpu", Device.cpu(threads: 2)), ("reference", .reference)] {
                // The plain loops are too slow for the shapes of real networks.
                if name == "reference", source.integer("large") == 1 { continue }
                let operands = try TorchOperation.run(source, on: device)
                for result in source.results {
                    let error = source.error(of: result, try operands.values(result))
                    #expect(error <= source.bound(result), "\(source.name): \(result) on \(name)")
                    report.append([
                        "case": source.name, "operation": source.operation, "result": result, "device": name,
                        "error": error.isFinite ? error : -1, "bound": source.bound(result),
                    ])
                }
            }
        }
        try write(report)
    }

    private func write(_ report: [[String: Any]]) throws {
        guard let path = ProcessInfo.processInfo.environment["PIPELINE_TORCH_REPORT"] else { return }
        try JSONSerialization.data(withJSONObject: report, options: [.prettyPrinted, .sortedKeys])
            .write(to: URL(filePath: path))
    }
}
