/// The safetensors format: a 64-bit length, a JSON header that names each array's type, shape and place, then the
/// arrays (https://github.com/huggingface/safetensors, "Format").
public struct SafeTensors: Sendable, Equatable {
    /// One named array.
    public struct Entry: Sendable, Equatable {
        /// Any text; in our checkpoints PyTorch's name of a parameter.
        public let name: String
        /// Its type, shape and bytes.
        public let tensor: Tensor

        /// An array under a name.
        public init(name: String, tensor: Tensor) {
            self.name = name
            self.tensor = tensor
        }
    }

    /// In the order of the file.
    public var entries: [Entry]
    /// The header's `__metadata__`.
    public var metadata: [String: String]

    /// Longer headers are refused, as the format's own reader does.
    static let headerLimit = 100_000_000

    /// A file of `entries`, whose names must differ, in that order.
    public init(entries: [Entry], metadata: [String: String] = [:]) {
        self.entries = entries
        self.metadata = metadata
    }

    /// The first array of that name; `nil` if there is none.
    public subscript(name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }

    /// The file. The header is padded with spaces so that the arrays begin at a multiple of 8.
    public func encoded() -> [UInt8] {
        var header = Array(headerText().utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + entries.reduce(0) { $0 + $1.tensor.bytes.count })
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { bytes += $0 }
        bytes += header
        for entry in entries { bytes += entry.tensor.bytes }
        return bytes
    }

    private func headerText() -> String {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for entry in entries {
            let end = offset + entry.tensor.bytes.count
            let shape = entry.tensor.shape.extents.map(String.init).joined(separator: ",")
            let place =
                "\"dtype\":\"\(entry.tensor.dtype.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]"
            members.append("\(Self.quoted(entry.name)):{\(place)}")
            offset = end
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Reads a file's bytes. Errors: `malformedFile` with the cause, for anything that the format does not allow or
    /// that lies outside the bytes.
    public init(decoding bytes: [UInt8]) throws(TensorError) {
        guard bytes.count >= 8 else {
            throw TensorError(.malformedFile, "\(bytes.count) bytes are no safetensors file")
        }
        let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(Self.headerLimit), Int(length) <= bytes.count - 8 else {
            throw TensorError(.malformedFile, "the header has \(length) bytes, the file \(bytes.count)")
        }
        var parser = SafeTensorsHeaderParser(bytes[8..<8 + Int(length)])
        let header = try parser.parse()
        metadata = header.metadata
        entries = try Self.entries(of: header, in: bytes[(8 + Int(length))...])
    }

    /// Reads a file. Errors: `fileAccess`, `malformedFile`, both with the path.
    public init(contentsOf path: String) throws(TensorError) {
        let bytes = try FileAccess.read(path)
        do { try self.init(decoding: bytes) } catch {
            throw TensorError(error.code, "\(path): malformed: \(error.message)")
        }
    }

    private static func entries(
        of header: SafeTensorsHeader, in data: ArraySlice<UInt8>
    ) throws(TensorError) -> [Entry] {
        var entries: [Entry] = []
        var end = 0
        for record in header.records.sorted(by: { $0.begin < $1.begin }) {
            guard record.begin == end, record.end >= record.begin, record.end <= data.count else {
                throw TensorError(
                    .malformedFile, "\(record.name) lies at \(record.begin)..<\(record.end) of \(data.count) bytes")
            }
            end = record.end
            let bytes = data[(data.startIndex + record.begin)..<(data.startIndex + record.end)]
            let tensor = try Tensor(shape: Shape(record.shape), dtype: record.dtype, bytes: Array(bytes))
            entries.append(Entry(name: record.name, tensor: tensor))
        }
        guard end == data.count else {
            throw TensorError(.malformedFile, "\(data.count - end) bytes follow the last array")
        }
        return entries
    }
}
