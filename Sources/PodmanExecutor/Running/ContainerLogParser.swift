import KubernetesClient

/// Reads the log that podman keeps of a container: `STAMP STREAM TAG TEXT` a line, where the tag `P` says that the next piece of
/// the stream goes on with the line. Source: Kubernetes, the CRI logging format.
struct ContainerLogParser {
    /// A line longer than this is delivered in pieces.
    static let lineLimit = 256 << 10

    /// Bytes of the log that came so far.
    private(set) var consumed = 0
    private var rest: [UInt8] = []
    private var newest = LogStamp(seconds: 0)
    /// The beginnings of lines, by stream.
    private var open: [String: LogEntry] = [:]

    mutating func feed(_ bytes: ArraySlice<UInt8>, _ emit: (LogEntry) -> Void) {
        consumed += bytes.count
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            rest += bytes[start..<end]
            accept(rest[...], emit)
            rest = []
            start = end + 1
        }
        rest += bytes[start...]
    }

    /// The container has ended: what has no end by now has none.
    mutating func finish(_ emit: (LogEntry) -> Void) {
        if !rest.isEmpty { accept(rest[...], emit) }
        rest = []
        for entry in open.values.sorted(by: { $0.stamp < $1.stamp }) { emit(entry) }
        open = [:]
    }

    private mutating func accept(_ line: ArraySlice<UInt8>, _ emit: (LogEntry) -> Void) {
        let fields = line.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let stamp = LogStamp(Substring(String(decoding: fields[0], as: UTF8.self))) else {
            // Whatever it is, it is nobody's to drop.
            return emit(LogEntry(stamp: newest, bytes: Array(line)))
        }
        newest = max(newest, stamp)
        let stream = String(decoding: fields[1], as: UTF8.self)
        var entry = open.removeValue(forKey: stream) ?? LogEntry(stamp: stamp, bytes: [])
        entry.bytes += fields[3]
        let goesOn = fields[2].first == UInt8(ascii: "P")
        if goesOn, entry.bytes.count < Self.lineLimit {
            open[stream] = entry
        } else {
            emit(entry)
        }
    }
}
