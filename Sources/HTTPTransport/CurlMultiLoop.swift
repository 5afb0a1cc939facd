import CCurl
import Glibc
import Synchronization

/// The thread that runs a client's transfers. Other threads leave jobs and cancellations in the mailbox and wake it.
/// `@unchecked Sendable`: `running` is touched by that thread alone; of `multi` others only call `curl_multi_wakeup`,
/// which is made for that, and the thread holds the loop until its last use.
final class CurlMultiLoop: @unchecked Sendable {
    /// The longest sleep; libcurl's own timers end it earlier.
    private static let pollMilliseconds: Int32 = 600_000

    private struct Mailbox {
        var jobs: [CurlMultiJob] = []
        var cancelled: [CurlTransfer] = []
        var isStopped = false
    }

    private struct Running {
        var handle: CurlHandle
        var transfer: CurlTransfer
        var url: String
        var continuation: CheckedContinuation<Result<HTTPResponseHead, HTTPTransportError>, Never>
    }

    private let multi: UnsafeMutableRawPointer
    private let settings: CurlSettings
    private let mailbox = Mutex(Mailbox())
    private var running: [UnsafeMutableRawPointer: Running] = [:]
    private var handles: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]

    init(settings: CurlSettings) throws(HTTPTransportError) {
        // The first handle sets up libcurl itself.
        _ = try CurlHandle()
        guard let multi = curl_multi_init() else {
            throw HTTPTransportError(.connectionFailed, "libcurl could not be initialised")
        }
        self.multi = multi
        self.settings = settings
        _ = pipeline_curl_multi_set_long(
            multi, CURLMOPT_MAX_CONCURRENT_STREAMS, settings.settings.streamsPerConnection)
    }

    deinit { curl_multi_cleanup(multi) }

    func start() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlMultiLoop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(code == 0, "no thread for HTTP transfers: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    func stop() { post { $0.isStopped = true } }

    func add(_ job: CurlMultiJob) { post { $0.jobs.append(job) } }

    func cancel(_ transfer: CurlTransfer) { post { $0.cancelled.append(transfer) } }

    private func post(_ change: (inout sending Mailbox) -> Void) {
        mailbox.withLock { change(&$0) }
        curl_multi_wakeup(multi)
    }

    private func run() {
        while takeMail() {
            var count: Int32 = 0
            _ = curl_multi_perform(multi, &count)
            finishDone()
            _ = curl_multi_poll(multi, nil, 0, Self.pollMilliseconds, nil)
        }
        for key in Array(running.keys) { finish(key, .failure(Self.stopped)) }
    }

    private static let stopped = HTTPTransportError(.cancelled, "the client was closed")

    /// Starts and ends what others asked for; `false` when the client is gone.
    private func takeMail() -> Bool {
        let mail = mailbox.withLock { box in
            defer { box = Mailbox(isStopped: box.isStopped) }
            return box
        }
        for job in mail.jobs { begin(job) }
        for transfer in mail.cancelled {
            guard let key = handles[ObjectIdentifier(transfer)], let entry = running[key] else { continue }
            finish(
                key,
                Result { () throws(HTTPTransportError) in
                    try transfer.outcome(of: CURLE_ABORTED_BY_CALLBACK, detail: "", url: entry.url)
                })
        }
        return !mail.isStopped
    }

    private func begin(_ job: CurlMultiJob) {
        do throws(HTTPTransportError) {
            guard !job.transfer.isCancelled else {
                throw HTTPTransportError(.cancelled, "the transfer was cancelled")
            }
            let handle = try makeHandle(job)
            running[handle.curl] = Running(
                handle: handle, transfer: job.transfer, url: job.request.url, continuation: job.continuation)
            handles[ObjectIdentifier(job.transfer)] = handle.curl
            let code = curl_multi_add_handle(multi, handle.curl)
            guard code != CURLM_OK else { return }
            let reason = String(cString: curl_multi_strerror(code))
            finish(
                handle.curl, .failure(HTTPTransportError(.connectionFailed, "libcurl refused a transfer: \(reason)")))
        } catch {
            job.continuation.resume(returning: .failure(error))
        }
    }

    private func makeHandle(_ job: CurlMultiJob) throws(HTTPTransportError) -> CurlHandle {
        let handle = try CurlHandle()
        try handle.configure(job.request, settings: settings)
        try handle.copyBody(of: job.request)
        try handle.attach(job.transfer)
        try handle.shareConnections(for: job.request.url)
        return handle
    }

    private func finishDone() {
        var code = CURLE_OK
        while let key = pipeline_curl_multi_next_done(multi, &code) {
            guard let entry = running[key] else { continue }
            finish(
                key,
                Result { () throws(HTTPTransportError) in
                    try entry.transfer.outcome(of: code, detail: entry.handle.errorText, url: entry.url)
                })
        }
    }

    private func finish(_ key: UnsafeMutableRawPointer, _ result: Result<HTTPResponseHead, HTTPTransportError>) {
        curl_multi_remove_handle(multi, key)
        guard let entry = running.removeValue(forKey: key) else { return }
        handles[ObjectIdentifier(entry.transfer)] = nil
        entry.continuation.resume(returning: result)
    }
}
