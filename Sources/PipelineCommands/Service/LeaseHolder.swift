import CPosix
import Glibc

/// Who holds the lease of a scheduler: a process, told apart from any other that had or will have its number.
///
/// Kept as text in the lease: `HOST:PID SPACE START`.
struct LeaseHolder: Sendable, Hashable, CustomStringConvertible {
    var host: String
    var pid: Int32
    /// The boot of the machine and the namespace of process numbers in which `pid` means this process.
    var space: String
    /// In clock ticks since the boot.
    var startTime: Int64

    /// The process that asks.
    static let current = LeaseHolder(
        host: currentHost, pid: getpid(), space: currentSpace, startTime: cposix_start_time(getpid()))

    /// For people.
    var description: String { "\(host):\(pid)" }

    /// For the store.
    var text: String { "\(self) \(space) \(startTime)" }

    /// Whether this process can see that the holder has ended. `false` also where it cannot know: on another machine, in
    /// another container.
    var hasEnded: Bool { space == Self.currentSpace && cposix_start_time(pid) != startTime }

    /// What people are shown of the text in a lease, also of one that another version has written.
    static func shown(_ text: String) -> String { LeaseHolder(text: text)?.description ?? text }

    private static var currentHost: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Empty where `/proc` does not say.
    private static let currentSpace: String = {
        guard let boot = try? Files.readText("/proc/sys/kernel/random/boot_id"),
            let namespace = link("/proc/self/ns/pid")
        else { return "" }
        return boot.filter { !$0.isWhitespace } + "/" + namespace
    }()

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}

extension LeaseHolder {
    /// `nil` where the text is none that ``text`` gives.
    init?(text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, !words[1].isEmpty, let start = Int64(words[2]),
            let colon = words[0].lastIndex(of: ":"), let pid = Int32(words[0][words[0].index(after: colon)...])
        else { return nil }
        self.init(host: String(words[0][..<colon]), pid: pid, space: String(words[1]), startTime: start)
    }
}
