import HTTPTransport
import PipelineCore
import Synchronization

/// What is watched, and from where on.
package struct WatchOptions: Sendable, Hashable {
    /// `nil`: all namespaces.
    package var namespace: String?
    package var selector: Selector
    package var resourceVersion: String
    /// The server ends the watch after this time.
    package var timeout: Duration
    /// A watch without a line (bookmarks come each minute) for so long is dead: a server that drains keeps it open in
    /// silence.
    package var idle: Duration

    package init(
        namespace: String?, selector: Selector = Selector(), resourceVersion: String, timeout: Duration = .seconds(300),
        idle: Duration = .seconds(90)
    ) {
        self.namespace = namespace
        self.selector = selector
        self.resourceVersion = resourceVersion
        self.timeout = timeout
        self.idle = idle
    }

    func request(_ resource: APIResource) -> KubernetesRequest {
        KubernetesRequest(
            "watch", resource, namespace: namespace,
            query: selector.query + [
                QueryItem("watch", "1"), QueryItem("resourceVersion", resourceVersion),
                QueryItem("allowWatchBookmarks", "true"), QueryItem("timeoutSeconds", "\(timeout.components.seconds)"),
            ])
    }
}

extension KubernetesAPI {
    /// Bytes that libcurl holds for a watch.
    private static let watchBuffer = 16 << 10

    /// Watches until the server ends it, which is normal: return then, and watch on from the last resource version.
    /// - Parameters:
    ///   - opened: called when the server has begun to answer.
    ///   - each: called for each event in its order, but for ERROR, which is thrown as what it stands for.
    /// - Throws: `expired`: list anew. `unavailable`: also for a watch that fell silent.
    package func watch(
        _ resource: APIResource, _ options: WatchOptions, opened: @escaping @Sendable () -> Void = {},
        each: @escaping @Sendable (WatchEvent) -> Void
    ) async throws(KubernetesError) {
        let request = options.request(resource)
        let receiver = WatchReceiver(request) { [self] head in
            report(head, of: request)
            opened()
        }
        try await run(request, receiver, idle: options.idle, each)
    }

    /// The transfer, its reader and the watch over its silence, side by side; the first that ends ends all.
    private func run(
        _ request: KubernetesRequest, _ receiver: WatchReceiver, idle: Duration,
        _ each: @escaping @Sendable (WatchEvent) -> Void
    ) async throws(KubernetesError) {
        let watch = Stopwatch(clock)
        let lastLine = Mutex<Duration>(.zero)
        let transfer = { @Sendable [self] () async -> Result<Void, KubernetesError> in
            defer { receiver.finish() }
            do throws(KubernetesError) {
                _ = try await stream(receiver, buffer: Self.watchBuffer)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        let reader = { @Sendable () async -> Result<Void, KubernetesError> in
            for await line in receiver.lines {
                lastLine.withLock { $0 = watch.elapsed }
                receiver.took(line)
                do throws(KubernetesError) {
                    each(try Self.event(line, request))
                } catch {
                    return .failure(error)
                }
            }
            return .success(())
        }
        let silence = { @Sendable [self] () async -> Result<Void, KubernetesError> in
            while true {
                let left = lastLine.withLock { $0 } + idle - watch.elapsed
                guard left > .zero else {
                    let text = "\(request.summary): silent for \(idle), though bookmarks were asked for"
                    return .failure(KubernetesError(.unavailable(retryAfter: nil), text))
                }
                do { try await clock.sleep(for: left, tolerance: nil) } catch { return .failure(.cancelled) }
            }
        }
        try await Self.race(transfer: transfer, reader: reader, silence: silence).get()
    }

    /// The transfer's failure counts once all that came before it was read; the reader's own, and silence, at once.
    private static func race(
        transfer: @escaping @Sendable () async -> Result<Void, KubernetesError>,
        reader: @escaping @Sendable () async -> Result<Void, KubernetesError>,
        silence: @escaping @Sendable () async -> Result<Void, KubernetesError>
    ) async -> Result<Void, KubernetesError> {
        enum End {
            case transfer(Result<Void, KubernetesError>)
            case reader(Result<Void, KubernetesError>)
        }
        return await withTaskGroup(of: End.self) { group in
            group.addTask { .transfer(await transfer()) }
            group.addTask { .reader(await reader()) }
            group.addTask { .reader(await silence()) }
            var ended: Result<Void, KubernetesError>?
            var isRead = false
            for await end in group {
                switch end {
                case .transfer(let result): ended = result
                case .reader(.success): isRead = true
                case .reader(let failure):
                    group.cancelAll()
                    return failure
                }
                if let ended, isRead {
                    group.cancelAll()
                    return ended
                }
            }
            return .failure(.cancelled)
        }
    }

    private static func event(_ line: [UInt8], _ request: KubernetesRequest) throws(KubernetesError) -> WatchEvent {
        let event: WatchEvent
        do { event = try WatchEvent.parse(line) } catch {
            throw KubernetesError(
                .unavailable(retryAfter: nil), "\(request.summary): a line cannot be read: \(error)", cause: error)
        }
        if case .error(let status) = event { throw Outcome.error(for: request, event: status) }
        return event
    }
}
