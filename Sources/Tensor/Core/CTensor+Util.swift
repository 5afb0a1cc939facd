import CTensor

// All ownership of C handles is in this file: each class holds one and frees it, and keeps alive what it needs.

/// Turns a status of the C library into a thrown error.
func check(_ status: ct_status) throws(TensorError) {
    guard status != CT_OK else { return }
    throw TensorError(code(of: status), String(cString: ct_last_error()))
}

private func code(of status: ct_status) -> TensorError.Code {
    switch status {
    case CT_OUT_OF_MEMORY: .outOfMemory
    case CT_UNAVAILABLE: .deviceUnavailable
    case CT_SYSTEM: .system
    default: .invalidArgument
    }
}

/// An open device.
final class DeviceHandle {
    let pointer: OpaquePointer
    let device: Device

    /// Errors: `deviceUnavailable`, `invalidArgument` for a thread count outside 1...256.
    init(_ device: Device) throws(TensorError) {
        guard let threads = Int32(exactly: device.threads) else {
            throw TensorError(.invalidArgument, "threads is \(device.threads); it must be 1 to 256")
        }
        let path = ct_cpu_path(rawValue: device.path.rawValue)
        var options = ct_device_options(kind: device.cKind, threads: threads, cpu_path: path)
        var result: OpaquePointer?
        try check(ct_device_new(&result, &options))
        guard let result else { throw TensorError(.system, "the device has no handle") }
        pointer = result
        self.device = device
    }

    deinit { ct_device_free(pointer) }

    /// Such as "cpu avx512".
    var name: String { String(cString: ct_device_name(pointer)) }
}

/// Memory of a device, counted in f32 elements.
final class BufferHandle {
    let pointer: OpaquePointer
    let device: DeviceHandle

    init(_ device: DeviceHandle, floats: Int) throws(TensorError) {
        var result: OpaquePointer?
        try check(ct_buffer_new(&result, device.pointer, Int64(max(floats, 16)) * 4))
        guard let result else { throw TensorError(.outOfMemory, "the buffer has no handle") }
        pointer = result
        self.device = device
    }

    deinit { ct_buffer_free(pointer) }

    /// A view that begins at element `offset`.
    func view(_ offset: Int) -> ct_view { ct_view(buffer: pointer, offset: Int64(offset) * 4) }

    /// Copies bytes to element `offset`.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(TensorError) {
        try check(ct_buffer_write(pointer, Int64(offset) * 4, bytes.baseAddress, Int64(bytes.count)))
    }

    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(TensorError) {
        try check(ct_buffer_read(pointer, Int64(offset) * 4, bytes.baseAddress, Int64(bytes.count)))
    }
}

/// A compiled list of operations. Keeps its buffers alive.
final class ProgramHandle {
    let pointer: OpaquePointer
    private let device: DeviceHandle
    private let buffers: [BufferHandle]

    init(_ device: DeviceHandle, maxBatch: Int, buffers: [BufferHandle]) throws(TensorError) {
        guard let batch = Int32(exactly: maxBatch) else {
            throw TensorError(.invalidArgument, "batch size \(maxBatch) is too large")
        }
        var result: OpaquePointer?
        try check(ct_program_new(&result, device.pointer, batch))
        guard let result else { throw TensorError(.outOfMemory, "the program has no handle") }
        pointer = result
        self.device = device
        self.buffers = buffers
    }

    deinit { ct_program_free(pointer) }

    func seal() throws(TensorError) { try check(ct_program_seal(pointer)) }

    func run(batch: Int) throws(TensorError) { try check(ct_program_run(pointer, Int32(batch))) }
}
