import Foundation
import Testing

@testable import Tensor

/// One operation with operands and what PyTorch makes of them in double precision: a file that
/// scripts/compare-torch/cases.py writes.
struct TorchCase: Sendable, CustomTestStringConvertible {
    private static let expected = "expected."
    private static let bound = "bound."

    let name: String
    let operation: String
    private let settings: [String: String]
    private let tensors: [String: Tensor]

    init(_ file: URL) throws {
        let content = try SafeTensors(decoding: Array(try Data(contentsOf: file)))
        name = file.deletingPathExtension().lastPathComponent
        settings = content.metadata
        operation = content.metadata["operation"] ?? ""
        tensors = Dictionary(uniqueKeysWithValues: content.entries.map { ($0.name, $0.tensor) })
    }

    var testDescription: String { name }

    /// The cases of a run of `make compare-torch`, or those in the repository.
    static let all: [TorchCase] = {
        let given = ProcessInfo.processInfo.environment["PIPELINE_TORCH_CASES"].map { URL(filePath: $0) }
        let own = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/torch")
        let files = try? FileManager.default.contentsOfDirectory(at: given ?? own, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "safetensors" }.sorted { $0.path < $1.path }
            .compactMap { try? TorchCase($0) }
    }()

    /// An integer setting, 0 where it is not given.
    func integer(_ name: String) -> Int32 { settings[name].flatMap { Int32($0) } ?? 0 }

    func number(_ name: String) -> Float { settings[name].flatMap { Float($0) } ?? 0 }

    func double(_ name: String) -> Double { settings[name].flatMap { Double($0) } ?? 0 }

    /// An operand's values; `nil` where the case has none of that name.
    func floats(_ name: String) -> [Float]? { tensors[name]?.floats }

    /// 64-bit integers, as indexes come from PyTorch.
    func integers(_ name: String) -> [Int32] {
        guard let bytes = tensors[name]?.bytes else { return [] }
        return bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: 8).map {
                Int32(truncatingIfNeeded: buffer.loadUnaligned(fromByteOffset: $0, as: Int64.self))
            }
        }
    }

    func bytes(_ name: String) -> [UInt8] { tensors[name]?.bytes ?? [] }

    /// Names of the results that PyTorch gave.
    var results: [String] {
        tensors.keys.filter { $0.hasPrefix(Self.expected) }.map { String($0.dropFirst(Self.expected.count)) }.sorted()
    }

    func expected(_ result: String) -> [Float] { tensors[Self.expected + result]?.floats ?? [] }

    /// How far a result may be from PyTorch's, as a share of the largest expected value.
    func bound(_ result: String) -> Double { settings[Self.bound + result].flatMap { Double($0) } ?? 0 }

    /// The largest difference as a share of the largest expected value; infinite for what is not a number.
    func error(of result: String, _ values: [Float]) -> Double {
        let expected = expected(result)
        guard values.count == expected.count else { return .infinity }
        let scale = expected.reduce(1e-30) { max($0, Double($1.magnitude)) }
        return zip(values, expected).reduce(0.0) { worst, pair in
            let distance = Double((pair.0 - pair.1).magnitude)
            return distance.isNaN ? .infinity : max(worst, distance / scale)
        }
    }
}
