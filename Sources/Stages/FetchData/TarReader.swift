/// What a tar archive's reader hands over.
protocol TarReceiver {
    /// A regular file begins. Its path is relative and holds no `..`.
    mutating func begin(_ path: String, size: Int) throws(StageError)
    /// Bytes of that file, valid during the call only.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(StageError)
    /// That file is complete.
    mutating func end() throws(StageError)
}

/// Reads a tar archive (POSIX ustar, GNU long names, pax paths) as its bytes come, and trusts nothing in it: absolute
/// paths, `..`, links, devices, wrong check sums and archives over the limits are refused.
struct TarReader<Receiver: TarReceiver> {
    static var blockSize: Int { 512 }

    /// Bounds on what an archive may hold.
    struct Limits {
        var entries = 1_000
        var fileBytes = 1 << 30
        var totalBytes = 2 << 30
        var nameBytes = 4_096
    }

    private enum State {
        case header
        case file(remaining: Int)
        case longName(remaining: Int)
        case paxHeader(remaining: Int)
        case skipped(remaining: Int)
        case padding(remaining: Int)
        case ended
    }

    var receiver: Receiver
    private let name: String
    private let limits: Limits
    private var state = State.header
    private var block: [UInt8] = []
    private var text: [UInt8] = []
    private var overridingPath: String?
    private var bodySize = 0
    private var entries = 0
    private var totalBytes = 0

    /// - Parameter name: the archive's name, for errors.
    init(name: String, limits: Limits = Limits(), receiver: Receiver) {
        self.name = name
        self.limits = limits
        self.receiver = receiver
    }

    mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(StageError) {
        var rest = bytes
        while !rest.isEmpty {
            let used = try step(rest)
            rest = UnsafeRawBufferPointer(rebasing: rest[used...])
        }
    }

    /// Call at the end of the bytes.
    func finish() throws(StageError) {
        // Some writers leave the end blocks out; what must not be is a file that is cut off.
        if case .header = state, block.isEmpty, entries > 0 { return }
        guard case .ended = state else { throw failure("the archive is cut off") }
    }

    /// Uses some of `bytes` (at least one) and says how many.
    private mutating func step(_ bytes: UnsafeRawBufferPointer) throws(StageError) -> Int {
        switch state {
        case .ended: return bytes.count
        case .header: return try takeHeader(bytes)
        case .padding(let remaining):
            let used = min(remaining, bytes.count)
            state = used == remaining ? .header : .padding(remaining: remaining - used)
            return used
        case .skipped(let remaining): return try takeBody(bytes, remaining) { .skipped(remaining: $0) }
        case .file(let remaining): return try takeBody(bytes, remaining) { .file(remaining: $0) }
        case .longName(let remaining): return try takeBody(bytes, remaining) { .longName(remaining: $0) }
        case .paxHeader(let remaining): return try takeBody(bytes, remaining) { .paxHeader(remaining: $0) }
        }
    }

    private mutating func takeHeader(_ bytes: UnsafeRawBufferPointer) throws(StageError) -> Int {
        let used = min(Self.blockSize - block.count, bytes.count)
        block.append(contentsOf: bytes[..<used])
        guard block.count == Self.blockSize else { return used }
        defer { block.removeAll(keepingCapacity: true) }
        if block.allSatisfy({ $0 == 0 }) {
            state = .ended
        } else {
            try begin(try TarHeader(block: block, archive: name))
        }
        return used
    }

    private mutating func begin(_ header: TarHeader) throws(StageError) {
        entries += 1
        totalBytes += header.size
        guard entries <= limits.entries else { throw failure("more than \(limits.entries) entries") }
        guard header.size <= limits.fileBytes, totalBytes <= limits.totalBytes else {
            throw failure("\(header.path) has \(header.size) bytes, more than is unpacked from an archive")
        }
        bodySize = header.size
        switch header.type {
        case "L": try beginText(.longName(remaining: header.size), header)
        case "x": try beginText(.paxHeader(remaining: header.size), header)
        case "g": state = .skipped(remaining: header.size)
        case "0", "\0": try beginFile(header)
        case "5":
            _ = try safePath(of: header)
            state = .skipped(remaining: header.size)
        default:
            throw failure(
                "\(header.path) is of type '\(header.type)' (a link or device); only files and folders are unpacked")
        }
        if header.size == 0 { try endBody() }
    }

    private mutating func beginText(_ next: State, _ header: TarHeader) throws(StageError) {
        guard header.size <= limits.nameBytes else { throw failure("a name of \(header.size) bytes") }
        text = []
        state = next
    }

    private mutating func beginFile(_ header: TarHeader) throws(StageError) {
        try receiver.begin(try safePath(of: header), size: header.size)
        state = .file(remaining: header.size)
    }

    private mutating func safePath(of header: TarHeader) throws(StageError) -> String {
        let path = overridingPath ?? header.path
        overridingPath = nil
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard !path.hasPrefix("/"), !parts.contains(".."), !path.utf8.contains(0), !parts.isEmpty else {
            throw failure("'\(path)' leads out of the folder; the archive is not trusted")
        }
        return parts.filter { $0 != "." }.joined(separator: "/")
    }

    private mutating func takeBody(
        _ bytes: UnsafeRawBufferPointer, _ remaining: Int, next: (Int) -> State
    ) throws(StageError) -> Int {
        let used = min(remaining, bytes.count)
        let piece = UnsafeRawBufferPointer(rebasing: bytes[..<used])
        switch state {
        case .file: try receiver.receive(piece)
        case .longName, .paxHeader: text.append(contentsOf: piece)
        default: break
        }
        if used == remaining { try endBody() } else { state = next(remaining - used) }
        return used
    }

    private mutating func endBody() throws(StageError) {
        switch state {
        case .file: try receiver.end()
        case .longName: overridingPath = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        case .paxHeader: overridingPath = PaxHeader.path(in: text) ?? overridingPath
        default: break
        }
        let rest = bodySize % Self.blockSize
        state = rest == 0 ? .header : .padding(remaining: Self.blockSize - rest)
    }

    private func failure(_ what: String) -> StageError { StageError(.corruptData, "\(name): \(what)") }
}
