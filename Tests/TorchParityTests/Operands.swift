import CTensor

@testable import Tensor

/// The operands of one operation in buffers of a device, by name.
final class Operands {
    let device: DeviceHandle
    private let source: TorchCase
    private var buffers: [String: (handle: BufferHandle, count: Int)] = [:]

    init(_ source: TorchCase, on device: Device) throws {
        self.device = try DeviceHandle(device)
        self.source = source
    }

    /// The case's operand of that name; a view without a buffer where it has none.
    func input(_ name: String) throws -> ct_view {
        guard let values = source.floats(name) else { return ct_view() }
        return try add(name, values)
    }

    /// Room for a result of that name, as large as the expected one and filled with what must not stay; a view without
    /// a buffer where nothing is expected.
    func output(_ name: String) throws -> ct_view {
        let count = source.expected(name).count
        return count == 0 ? ct_view() : try add(name, [Float](repeating: .nan, count: count))
    }

    /// An operand that the operation changes: `before` it is as given, and the result has the name.
    func inOut(_ name: String) throws -> ct_view { try add(name, source.floats(name) ?? []) }

    @discardableResult
    func add(_ name: String, _ values: [Float]) throws -> ct_view {
        let buffer = try BufferHandle(device, floats: values.count)
        try buffer.write(floats: values, at: 0)
        buffers[name] = (buffer, values.count)
        return buffer.view(0)
    }

    func add(_ name: String, bytes: [UInt8]) throws -> ct_view {
        let buffer = try BufferHandle(device, floats: (bytes.count + 3) / 4)
        try bytes.withUnsafeBytes { try buffer.write($0, at: 0) }
        buffers[name] = (buffer, 0)
        return buffer.view(0)
    }

    func add(_ name: String, integers: [Int32]) throws -> ct_view {
        try add(name, bytes: integers.withUnsafeBytes { Array($0) })
    }

    func values(_ name: String) throws -> [Float] {
        guard let (handle, count) = buffers[name] else { return [] }
        return try handle.floats(count, at: 0)
    }

    /// Runs what `add` appends, as one program.
    func run(batch: Int32, _ add: (OpaquePointer) -> ct_status) throws {
        let program = try ProgramHandle(device, maxBatch: Int(batch), buffers: buffers.values.map(\.handle))
        try check(add(program.pointer))
        try program.seal()
        try program.run(batch: Int(batch))
    }
}
