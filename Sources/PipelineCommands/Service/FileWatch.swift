import Glibc
import Synchronization

/// Tells that something below some folders has changed, by inotify: nothing is looked at while nothing happens.
///
/// Events come in bursts (an editor writes, renames, touches); each burst is told once, when it is over.
final class FileWatch: Sendable {
    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CREATE) | UInt32(IN_DELETE)
        | UInt32(IN_DELETE_SELF) | UInt32(IN_ATTRIB)
    /// How long nothing happens before a burst is over.
    private static let quiet = Duration.milliseconds(50)

    private let descriptor: Int32
    private let watched = Mutex<Set<String>>([])
    private let onEvent: @Sendable () -> Void

    /// - Parameter onEvent: called from a thread of its own, once for each batch of events.
    /// - Throws: ``CommandFailure`` where the system gives no more watches.
    init(onEvent: @escaping @Sendable () -> Void) throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0 else {
            throw CommandFailure(
                "cannot watch files: \(String(cString: strerror(errno))) (see fs.inotify.max_user_instances)")
        }
        self.onEvent = onEvent
        let (descriptor, onEvent) = (self.descriptor, onEvent)
        try Self.startThread { Self.loop(descriptor, onEvent) }
    }

    deinit { close(descriptor) }

    /// Watches a folder and all below it; those that are watched already stay so.
    /// - Throws: ``CommandFailure`` where the system gives no more watches.
    func add(below folder: String) throws {
        try add(folder)
        for name in Paths.names(in: folder) where name != "__pycache__" && name != ".git" {
            let path = folder + "/" + name
            if Paths.isDirectory(path) { try add(below: path) }
        }
    }

    /// Watches one folder or file.
    func add(_ path: String) throws {
        guard inotify_add_watch(descriptor, path, Self.mask) < 0 else {
            watched.withLock { _ = $0.insert(path) }
            return
        }
        if errno == ENOENT || errno == ENOTDIR { return }
        throw CommandFailure(
            "cannot watch \(path): \(String(cString: strerror(errno))) (see fs.inotify.max_user_watches)")
    }

    private static func loop(_ descriptor: Int32, _ onEvent: @Sendable () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            drain(descriptor, &buffer)
            onEvent()
        }
    }

    /// Waits until nothing has come for a while.
    private static func drain(_ descriptor: Int32, _ buffer: inout [UInt8]) {
        let milliseconds = Int32(quiet.components.attoseconds / 1_000_000_000_000_000)
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while Glibc.poll(&poll, 1, milliseconds) > 0 {
            guard buffer.withUnsafeMutableBytes({ read(descriptor, $0.baseAddress, $0.count) }) > 0 else { return }
        }
    }

    private static func startThread(_ body: @escaping @Sendable () -> Void) throws {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Box(body)).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, argument)
        guard status == 0 else { throw CommandFailure("cannot start a thread: \(String(cString: strerror(status)))") }
        pthread_detach(thread)
    }
}
