import PipelineCore

/// A container as its runtime knows it.
struct ContainerRuntime {
    enum State: Hashable {
        case waiting(reason: String, message: String)
        case running(since: Timestamp)
        case terminated(PodScript.Exit, started: Timestamp, finished: Timestamp)

        var isRunning: Bool { if case .running = self { true } else { false } }
        var isTerminated: Bool { if case .terminated = self { true } else { false } }
    }

    enum Role { case ordinary, initial, sidecar }

    let name: String
    let image: String
    let role: Role
    let fallsBackToLog: Bool
    var state: State
    var lastState: State?
    var restartCount = 0
    var log = ContainerLog()

    init(_ container: JSONValue, role: Role, waitingFor reason: String) {
        name = container["name"]?.stringValue ?? ""
        image = container["image"]?.stringValue ?? ""
        self.role = role
        fallsBackToLog = container["terminationMessagePolicy"] == "FallbackToLogsOnError"
        state = .waiting(reason: reason, message: "")
    }

    /// What the kubelet keeps of a termination message: the end, up to 4,096 bytes (kubelet, `ReadAtMost`); or, with
    /// `FallbackToLogsOnError`, the last 2,048 bytes or 80 lines of log.
    func message(of exit: PodScript.Exit) -> String {
        if !exit.message.isEmpty { return String(decoding: Array(exit.message.utf8.suffix(4_096)), as: UTF8.self) }
        guard fallsBackToLog, exit.code != 0 else { return "" }
        let bytes = log.entries.suffix(80).flatMap(\.bytes)
        return String(decoding: bytes.suffix(2_048), as: UTF8.self)
    }
}

/// What a container wrote, entry by entry.
struct ContainerLog {
    struct Entry {
        /// Nanoseconds since 1970, by the node's clock; grows from entry to entry.
        let stamp: Int
        let bytes: [UInt8]
    }

    private(set) var entries: [Entry] = []
    /// Entries before it are in a file that is gone.
    private(set) var first = 0

    mutating func append(_ bytes: [UInt8], at time: Timestamp) {
        let stamp = max(Int(time.microseconds) * 1_000, (entries.last?.stamp ?? 0) + 1)
        entries.append(Entry(stamp: stamp, bytes: bytes))
    }

    mutating func rotate() { first = entries.count }

    mutating func loseTail(_ bytes: Int) {
        var left = bytes
        while let last = entries.last, last.bytes.count <= left, entries.count > first {
            left -= last.bytes.count
            entries.removeLast()
        }
    }

    /// `2026-11-23T16:57:31.123456789Z`: RFC 3339 with nine digits.
    static func text(of stamp: Int) -> String {
        let seconds = Timestamp(microseconds: Int64(stamp / 1_000_000_000) * 1_000_000)
        return "\(seconds.apiFormat.dropLast()).\((stamp % 1_000_000_000).padded(9))Z"
    }
}
