import CPosix
import Glibc

/// The descendants of a process, wherever they have put themselves: a program may lead its children out of its process
/// group (`setsid`), and a signal to the group then misses them.
///
/// A descendant whose parents have all ended before it was looked for is not found; its parent is then process 1.
struct ProcessTree: Sendable {
    /// A process and when it started, which together name it for as long as the machine runs.
    struct Member: Sendable, Hashable {
        var pid: pid_t
        var startTime: Int64
    }

    private(set) var members: Set<Member> = []

    /// Adds all present descendants of the leader and of the members known so far.
    mutating func look(below leader: pid_t) {
        let children = Dictionary(grouping: Self.processes(), by: \.parent)
        var open = [leader] + members.filter(Self.isAlive).map(\.pid)
        var seen = Set(open)
        while let parent = open.popLast() {
            for child in children[parent] ?? [] where seen.insert(child.pid).inserted {
                members.insert(Member(pid: child.pid, startTime: child.startTime))
                open.append(child.pid)
            }
        }
    }

    /// Sends a signal to each member that is still the same process, and outside `group`, which has got its own.
    func signal(_ number: Int32, outside group: pid_t) {
        for member in members where Self.isAlive(member) && getpgid(member.pid) != group {
            _ = kill(member.pid, number)
        }
    }

    private static func isAlive(_ member: Member) -> Bool { cposix_start_time(member.pid) == member.startTime }

    static func processes() -> [(pid: pid_t, parent: pid_t, startTime: Int64)] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [(pid: pid_t, parent: pid_t, startTime: Int64)] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let pid = pid_t(name), let parent = parent(of: pid) else { continue }
            found.append((pid, parent, cposix_start_time(pid)))
        }
        return found
    }

    /// Field 4 of `/proc/<pid>/stat`, counted from the last bracket: the name in field 2 may hold anything.
    private static func parent(of pid: pid_t) -> pid_t? {
        let descriptor = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0, let bracket = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[(bracket + 1)..<count].split(separator: 0x20)
        return fields.count > 1 ? pid_t(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}
