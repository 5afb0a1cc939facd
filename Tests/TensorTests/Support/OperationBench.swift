import CTensor

@testable import Tensor

/// Runs single operations on buffers of a device, so that a test can compare devices operand by operand.
final class OperationBench {
    let device: DeviceHandle
    private var buffers: [String: BufferHandle] = [:]
    private var sizes: [String: Int] = [:]
    private var halves: Set<String> = []

    init(_ device: Device) throws { self.device = try DeviceHandle(device) }

    /// A buffer named `name` with these values.
    @discardableResult
    func set(_ name: String, _ values: [Float]) throws -> ct_view {
        let buffer = try BufferHandle(device, floats: values.count)
        try buffer.write(floats: values, at: 0)
        buffers[name] = buffer
        sizes[name] = values.count
        return buffer.view(0)
    }

    /// The same in `format`; values are rounded to it.
    func set(_ name: String, _ values: [Float], as format: ct_format) throws -> ct_view {
        guard format == CT_BF16 else { return try set(name, values) }
        let buffer = try BufferHandle(device, floats: (values.count + 1) / 2)
        try values.map(\.bfloat16Bits).withUnsafeBytes { try buffer.write($0, at: 0) }
        buffers[name] = buffer
        sizes[name] = values.count
        halves.insert(name)
        return buffer.view(0)
    }

    func set(_ name: String, bytes: [UInt8]) throws -> ct_view {
        let buffer = try BufferHandle(device, floats: (bytes.count + 3) / 4)
        try bytes.withUnsafeBytes { try buffer.write($0, at: 0) }
        buffers[name] = buffer
        return buffer.view(0)
    }

    func set(_ name: String, integers: [Int32]) throws -> ct_view {
        let buffer = try BufferHandle(device, floats: integers.count)
        try integers.withUnsafeBytes { try buffer.write($0, at: 0) }
        buffers[name] = buffer
        return buffer.view(0)
    }

    func values(_ name: String) throws -> [Float] {
        guard let buffer = buffers[name], let size = sizes[name] else { return [] }
        guard !halves.contains(name) else {
            var bits = [UInt16](repeating: 0, count: size)
            try bits.withUnsafeMutableBytes { try buffer.read(into: $0, at: 0) }
            return bits.map { Float(bitPattern: UInt32($0) << 16) }
        }
        return try buffer.floats(size, at: 0)
    }

    /// Builds and runs a program of whatever `add` appends.
    func run(batch: Int, _ add: (OpaquePointer) -> ct_status) throws {
        let program = try ProgramHandle(device, maxBatch: batch, buffers: Array(buffers.values))
        try check(add(program.pointer))
        try program.seal()
        try program.run(batch: batch)
    }
}

extension Device {
    /// Every CPU path of this machine, with numbers of threads that do and do not divide the work evenly.
    static var tested: [Device] {
        let paths = CPUPath.allCases.filter { $0 != .automatic && hasPath($0) }
        return paths.flatMap { path in [1, 3].map { Device(kind: .cpu, threads: $0, path: path) } }
    }

    private static func hasPath(_ path: CPUPath) -> Bool {
        do {
            _ = try DeviceHandle(Device(kind: .cpu, path: path))
            return true
        } catch {
            return false
        }
    }
}

extension Float {
    /// Rounded to nearest even, by way of the distance to both neighbours.
    var bfloat16Bits: UInt16 {
        let low = UInt16(truncatingIfNeeded: bitPattern >> 16)
        guard isFinite else { return isNaN ? low | 0x40 : low }
        let rest = bitPattern & 0xFFFF
        return rest > 0x8000 || (rest == 0x8000 && low % 2 == 1) ? low + 1 : low
    }

    var roundedToBFloat16: Float { Float(bitPattern: UInt32(bfloat16Bits) << 16) }
}

/// Values between -1 and 1 from a seed.
func noise(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in Float(2 * generator.uniform() - 1) }
}

/// The largest difference, relative to the largest expected value. Not a number counts as infinite.
func difference(_ actual: [Float], _ expected: [Float]) -> Double {
    guard actual.count == expected.count else { return .infinity }
    let scale = expected.reduce(1e-30) { max($0, Double(abs($1))) }
    let largest = zip(actual, expected).reduce(0.0) { worst, pair in
        let distance = Double(abs(pair.0 - pair.1))
        return distance.isNaN ? .infinity : max(worst, distance)
    }
    return largest / scale
}

/// sum of values * weights in double: a scalar to differentiate.
func dot(_ values: [Float], _ weights: [Float]) -> Double {
    zip(values, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
