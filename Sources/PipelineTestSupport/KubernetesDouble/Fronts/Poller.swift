import CPosix
import Glibc
import Synchronization

/// Waits for any of thousands of descriptors. An epoll instance watches all of them for reading; poll(2) waits, with a
/// limit, for that instance, for the few descriptors that have something to write, and for a pipe that wakes it.
/// `@unchecked Sendable`: the table belongs to the thread that waits; others only wake.
final class Poller: @unchecked Sendable {
    struct Ready {
        var descriptor: Int32
        var isReadable: Bool
        var isWritable: Bool
    }

    private let readers: Int32
    private var writers: Set<Int32> = []
    private let wakeEnd: Int32
    private let sleepEnd: Int32
    private let isWoken = Atomic<Bool>(false)

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SocketFailure(call: "pipe", number: errno) }
        (sleepEnd, wakeEnd) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readers = cposix_poller()
        guard readers >= 0 else { throw SocketFailure(call: "epoll_create1", number: -readers) }
    }

    deinit {
        for descriptor in [sleepEnd, wakeEnd, readers] { close(descriptor) }
    }

    func add(_ descriptor: Int32) throws {
        let status = cposix_poller_add(readers, descriptor)
        guard status == 0 else { throw SocketFailure(call: "epoll_ctl", number: -status) }
    }

    func remove(_ descriptor: Int32) {
        writers.remove(descriptor)
        _ = cposix_poller_remove(readers, descriptor)
    }

    /// Whether to say when there is room to write; reading is always watched.
    func watch(_ descriptor: Int32, writing: Bool) {
        if writing { writers.insert(descriptor) } else { writers.remove(descriptor) }
    }

    func wake() {
        guard !isWoken.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = write(wakeEnd, &byte, 1)
    }

    /// Waits for descriptors, at most so many milliseconds (-1: as long as it takes).
    func wait(milliseconds: Int32) -> [Ready] {
        var table = [sleepEnd, readers].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        table += writers.map { pollfd(fd: $0, events: Int16(POLLOUT), revents: 0) }
        guard poll(&table, nfds_t(table.count), milliseconds) > 0 else { return [] }
        if table[0].revents != 0 {
            var byte: UInt8 = 0
            _ = read(sleepEnd, &byte, 1)
            isWoken.store(false, ordering: .releasing)
        }
        let writable = table[2...].filter { $0.revents != 0 }
        let ready = writable.map { Ready(descriptor: $0.fd, isReadable: false, isWritable: true) }
        return table[1].revents == 0 ? ready : ready + readable()
    }

    private func readable() -> [Ready] {
        var descriptors = [Int32](repeating: 0, count: 64)
        let count = Int(cposix_poller_wait(readers, &descriptors, descriptors.count))
        return descriptors.prefix(max(0, count)).map { Ready(descriptor: $0, isReadable: true, isWritable: false) }
    }
}
