import Glibc

/// Tells that something below some folders has changed, by inotify: nothing is looked at while nothing happens.
///
/// Events come in bursts (an editor writes, renames, touches); each burst is told once, when it is over.
final class FileWatch: Sendable {
    private static let mask =
        UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CREATE) | UInt32(IN_DELETE)
        | UInt32(IN_DELETE_SELF) | UInt32(IN_ATTRIB)
    /// How long nothing happens before a burst of changed files is over.
    static let quiet = Duration.milliseconds(50)

    /// Something that writes without end holds nothing up for longer.
    private static let longestBurst = Duration.seconds(1)

    private let descriptor: Int32
    /// Watches of folders in which only some names count.
    private let names = WatchedNames()
    /// Its end is what the thread ends at.
    private let life: Int32

    /// - Parameters:
    ///   - quiet: how long nothing happens before a burst is over.
    ///   - onEvent: called from a thread of its own, once for each burst of events, as long as the watch lives.
    /// - Throws: ``CommandFailure`` where the system gives no more watches.
    init(quiet: Duration = quiet, onEvent: @escaping @Sendable () -> Void) throws {
        var ends: [Int32] = [-1, -1]
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0, pipe(&ends) == 0 else {
            throw CommandFailure(
                "cannot watch files: \(String(cString: strerror(errno))) (see fs.inotify.max_user_instances)")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        life = ends[1]
        let (descriptor, lifeline, names) = (self.descriptor, ends[0], names)
        try Self.startThread {
            Self.loop(descriptor, lifeline, names, quiet, onEvent)
            close(descriptor)
            close(lifeline)
        }
    }

    deinit { close(life) }

    /// Watches a folder and all below it; those that are watched already stay so.
    /// - Throws: ``CommandFailure`` where the system gives no more watches.
    func add(below folder: String) throws {
        var seen: Set<Int32> = []
        try add(below: folder, &seen)
    }

    /// - Parameter seen: watches of this walk: links may lead back to a folder that it has been in.
    private func add(below folder: String, _ seen: inout Set<Int32>) throws {
        guard let watch = try add(folder), seen.insert(watch).inserted else { return }
        names.countAll(in: watch)
        for name in Paths.names(in: folder) where name != "__pycache__" && name != ".git" {
            let path = folder + "/" + name
            if Paths.isDirectory(path) { try add(below: path, &seen) }
        }
    }

    /// Watches the entries through which `folder` is reached, itself and links on its way, in the folders that hold them: one
    /// that is made anew, or a link that is set to another folder, is seen too.
    func add(wayTo folder: String) throws {
        let parts = folder.split(separator: "/").map(String.init)
        for end in parts.indices {
            let parent = "/" + parts[..<end].joined(separator: "/")
            let path = "/" + parts[...end].joined(separator: "/")
            guard end == parts.count - 1 || Self.isLink(path) else { continue }
            if let watch = try add(parent) { names.count(parts[end], in: watch) }
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Watches one folder or file; the number of its watch, which is the same by whatever path it is reached, or `nil`
    /// where nothing is there.
    @discardableResult
    func add(_ path: String) throws -> Int32? {
        let watch = inotify_add_watch(descriptor, path, Self.mask)
        if watch >= 0 { return watch }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw CommandFailure(
            "cannot watch \(path): \(String(cString: strerror(errno))) (see fs.inotify.max_user_watches)")
    }

    private static func loop(
        _ descriptor: Int32, _ lifeline: Int32, _ names: WatchedNames, _ quiet: Duration,
        _ onEvent: @Sendable () -> Void
    ) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var polled = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0), pollfd(fd: lifeline, events: 0, revents: 0)]
        while true {
            guard poll(&polled, 2, -1) > 0 || errno == EINTR else { return }
            if polled[1].revents != 0 { return }
            guard polled[0].revents != 0 else { continue }
            if drain(descriptor, names, quiet, &buffer) { onEvent() }
        }
    }

    /// Reads until nothing has come for a while.
    /// - Returns: whether something counted.
    private static func drain(
        _ descriptor: Int32, _ names: WatchedNames, _ quiet: Duration, _ buffer: inout [UInt8]
    ) -> Bool {
        let milliseconds = Int32(quiet.components.attoseconds / 1_000_000_000_000_000)
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var counts = false
        let start = ContinuousClock.now
        repeat {
            while true {
                let size = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                guard size > 0 else { break }
                counts = names.count(buffer[..<size]) || counts
            }
        } while start.duration(to: .now) < longestBurst && poll(&polled, 1, milliseconds) > 0
        return counts
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
