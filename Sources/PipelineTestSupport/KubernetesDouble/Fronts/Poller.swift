import Glibc
import Synchronization

/// poll(2) over a standing table of descriptors, and a pipe that wakes it from other threads.
/// `@unchecked Sendable`: the table belongs to the thread that waits; others only wake.
final class Poller: @unchecked Sendable {
    struct Ready {
        var descriptor: Int32
        var isReadable: Bool
        var isWritable: Bool
    }

    private var table: [pollfd] = []
    private var positions: [Int32: Int] = [:]
    private let wakeEnd: Int32
    private let sleepEnd: Int32
    private let isWoken = Atomic<Bool>(false)

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SocketFailure(call: "pipe", number: errno) }
        (sleepEnd, wakeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        add(sleepEnd)
    }

    deinit {
        close(sleepEnd)
        close(wakeEnd)
    }

    func add(_ descriptor: Int32) {
        positions[descriptor] = table.count
        table.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    func remove(_ descriptor: Int32) {
        guard let position = positions.removeValue(forKey: descriptor) else { return }
        let last = table.removeLast()
        guard position < table.count else { return }
        table[position] = last
        positions[last.fd] = position
    }

    /// Whether to say when there is room to write; reading is always watched.
    func watch(_ descriptor: Int32, writing: Bool) {
        guard let position = positions[descriptor] else { return }
        table[position].events = Int16(POLLIN) | (writing ? Int16(POLLOUT) : 0)
    }

    func wake() {
        guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = write(wakeEnd, &byte, 1)
    }

    /// Waits for descriptors, at most so many milliseconds (-1: as long as it takes).
    func wait(milliseconds: Int32) -> [Ready] {
        var left = poll(&table, nfds_t(table.count), milliseconds)
        var ready: [Ready] = []
        for entry in table where left > 0 && entry.revents != 0 {
            left -= 1
            if entry.fd == sleepEnd {
                var byte: UInt8 = 0
                _ = read(sleepEnd, &byte, 1)
                isWoken.store(false, ordering: .releasing)
                continue
            }
            let isOver = entry.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
            ready.append(
                Ready(
                    descriptor: entry.fd, isReadable: isOver || entry.revents & Int16(POLLIN) != 0,
                    isWritable: entry.revents & Int16(POLLOUT) != 0))
        }
        return ready
    }
}
