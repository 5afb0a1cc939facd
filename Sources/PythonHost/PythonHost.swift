import CPosix
import Glibc
package import PipelineCore

/// The warm Python process that reads DAG files and runs Python tasks.
///
/// It is started by the first request, imports the SDK once (1.5 s, 114 MB) and forks for each job. After
/// `idleTimeout` without work it is ended; the next request starts another. A file that crashes, loops or eats memory
/// harms its own fork only, and is answered as an import error, never thrown.
package actor PythonHost {
    private let configuration: PythonConfiguration
    private let clock: any Clock<Duration>
    private var channel: PythonChannel?
    private var activeReads = 0
    private var waitingReads: [CheckedContinuation<Void, Never>] = []
    private var warm: WarmHosts<PythonChannel>
    /// Jobs under way, and a number that changes with each: together they say whether an idle period went by unbroken.
    private var uses = 0
    private var generation = 0

    package init(_ configuration: PythonConfiguration, clock: any Clock<Duration>) {
        self.configuration = configuration
        self.clock = clock
        warm = WarmHosts(limit: configuration.maximumWarmFiles)
    }

    /// Starts the host unless it runs, and returns what it runs on. Throws `pythonMissing`, `sdkMissing`, `sdkBroken`.
    @discardableResult
    package func start() async throws -> PythonVersions {
        begin()
        defer { end() }
        return PythonVersions(try await readyChannel().ready.value["versions"] ?? .null)
    }

    /// Reads one DAG file; `ReadAnswer` and `Resources/reader.py` describe the answer.
    package func read(_ request: ReadRequest) async throws -> JSONText {
        begin()
        defer { end() }
        await enterRead()
        defer { leaveRead() }
        let result = try OwnedDescriptor.memoryFile("pipeline-read")
        let report = try await run(
            "read", request.fields(configuration), fds: [result.raw] + (request.comms.map { [$0] } ?? []))
        let bytes = result.size <= configuration.resultLimit ? try result.contents() : nil
        return ReadAnswer.make(request: request, configuration: configuration, report: report, result: bytes)
    }

    /// Reads the first of `requests`, which are of one bundle, and as many behind it as one process can read without
    /// one file meeting what another left behind. The answers are those of ``read(_:)``, without what was printed.
    package func read(_ requests: [ReadRequest]) async throws -> [JSONText] {
        guard let first = requests.first else { return [] }
        let batch = ReadBatch(requests)
        if batch.count > 1 {
            begin()
            defer { end() }
            await enterRead()
            defer { leaveRead() }
            let result = try OwnedDescriptor.memoryFile("pipeline-read")
            _ = try await run("read_many", batch.fields(configuration), fds: [result.raw])
            let answers = try ReadBatch.answers(result.contents())
            if !answers.isEmpty { return answers }
        }
        return [try await read(first)]
    }

    /// Evaluates a timetable or weight rule of a DAG: `payload` holds `function`, `dag_id` and the function's
    /// arguments, as `Resources/calls.py` describes. Throws `callFailed` with Python's traceback.
    package func call(_ request: ReadRequest, payload: JSONObject) async throws -> JSONValue {
        begin()
        defer { end() }
        await enterRead()
        defer { leaveRead() }
        let result = try OwnedDescriptor.memoryFile("pipeline-result")
        let argument = try OwnedDescriptor.memoryFile("pipeline-payload")
        try argument.write(JSONValue.object(payload).serializedUTF8())
        let report = try await run("call", request.fields(configuration), fds: [result.raw, argument.raw])
        return try value(of: result, report: report, timeLimit: request.timeLimit ?? configuration.readTimeLimit)
    }

    /// Forks the task runner for one try. The caller speaks its protocol on the other ends of the sockets.
    package func startTask(_ request: PythonTaskRequest) async throws -> PythonChild {
        try await startChild("task", request) { try await self.channel(for: request) }
    }

    /// Forks the process that runs triggers; `Resources/trigger_host.py` describes its protocol.
    package func startTriggers(_ request: PythonTaskRequest) async throws -> PythonChild {
        try await startChild("triggers", request) { try await self.readyChannel() }
    }

    /// Forks the process that runs one callback; `Resources/callback_host.py` describes its protocol.
    package func startCallback(_ request: PythonTaskRequest) async throws -> PythonChild {
        try await startChild("callback", request) { try await self.readyChannel() }
    }

    private func startChild(
        _ command: String, _ request: PythonTaskRequest, on channel: () async throws -> PythonChannel
    ) async throws -> PythonChild {
        begin()
        do {
            let channel = try await channel()
            let job = try channel.submit(command, request.fields, fds: request.descriptors.all)
            let started = try await job.started.value
            Task { [self] in  // Counts the child as work until it has ended, also when nobody waits for it.
                _ = try? await job.exited.value
                end()
            }
            return PythonChild(started: started, exit: job.exited) { channel.kill(job.id, signal: $0) }
        } catch {
            end()
            throw error
        }
    }

    /// Ends the host: reads at once, tasks with SIGTERM and, 5 s later, SIGKILL. Returns when it is gone.
    package func stop() async {
        let ending = warm.removeAll() + (channel.map { [$0] } ?? [])
        channel = nil
        for channel in ending { channel.shutDown() }
        for channel in ending { try? await channel.ended.value }  // It never fails.
    }

    package var isRunning: Bool { channel?.isOpen ?? false }

    // MARK: Host

    private func readyChannel() async throws -> PythonChannel {
        let channel = try openChannel()
        do {
            _ = try await channel.ready.value
            return channel
        } catch let error as PythonHostError {
            if self.channel === channel { self.channel = nil }
            throw explained(error)
        }
    }

    private func openChannel() throws -> PythonChannel {
        if let channel, channel.isOpen { return channel }
        for host in warm.removeAll() { host.drain() }
        let opened = try HostProcess.start(configuration)
        channel = opened
        return opened
    }

    private func explained(_ error: PythonHostError) -> PythonHostError {
        var error = error
        switch error.code {
        case .sdkMissing:
            error.message = """
                \(error.message), which \(configuration.python) needs to read DAGs written in Python. Install it: \
                \(configuration.python) -m pip install apache-airflow-task-sdk apache-airflow-providers-standard
                """
        case .sdkBroken: error.message = "Airflow's SDK does not import in \(configuration.python): \(error.message)"
        case .hostEnded: error.message += " (\(configuration.python))"
        default: break
        }
        return error
    }

    /// Runs a job of the host to its end; cancelling kills it.
    private func run(_ command: String, _ fields: JSONObject, fds: [Int32]) async throws -> ExitReport {
        try Task.checkCancellation()
        let channel = try await readyChannel()
        let job = try channel.submit(command, fields, fds: fds)
        return try await withTaskCancellationHandler {
            let report = try await job.exited.value
            try Task.checkCancellation()
            return report
        } onCancel: {
            channel.kill(job.id, signal: SIGKILL, reason: "cancelled")
        }
    }

    private func value(of result: OwnedDescriptor, report: ExitReport, timeLimit: Duration) throws -> JSONValue {
        guard result.size <= configuration.resultLimit, let answer = try? JSONValue.parse(utf8: result.contents())
        else {
            let how = report.reason == "time" ? "overran its limit of \(timeLimit)" : "gave no answer"
            throw PythonHostError(.callFailed, "the call into the DAG file \(how)", traceback: report.trace)
        }
        if let error = answer["error"] {
            let type = error["type"]?.stringValue ?? "Exception"
            throw PythonHostError(
                .callFailed, "\(type): \(error["message"]?.stringValue ?? "")",
                traceback: error["traceback"]?.stringValue)
        }
        return answer["result"] ?? .null
    }

    // MARK: Warm files

    /// The host to fork from: that of the file where there is one, otherwise the zygote, which is then told to make
    /// one for the next try.
    private func channel(for request: PythonTaskRequest) async throws -> PythonChannel {
        let zygote = try await readyChannel()
        guard let file = request.warmFile, configuration.maximumWarmFiles > 0 else { return zygote }
        switch warm.use(file.path, hash: file.contentHash) {
        case .serving(let host) where host.isOpen: return host
        case .serving: note(file, .refused)
        case .starting, .refused: break
        case nil: warmUp(file, request, zygote)
        }
        return zygote
    }

    private func warmUp(
        _ file: (path: String, contentHash: String), _ request: PythonTaskRequest, _ zygote: PythonChannel
    ) {
        note(file, .starting)
        var ours: Int32 = -1
        var theirs: Int32 = -1
        guard cposix_socketpair(&ours, &theirs) == 0 else { return note(file, .refused) }
        defer { close(theirs) }
        let host = PythonChannel(socket: ours)
        let fields = request.fields.merging(["file": .string(file.path)])
        guard (try? zygote.submit("warm", fields, fds: [theirs])) != nil else { return note(file, .refused) }
        Task { [self] in  // Nobody waits: tries go through the zygote until the host is ready.
            let isReady = (try? await host.ready.value) != nil
            finishWarmUp(file, host, isReady: isReady)
        }
    }

    private func finishWarmUp(_ file: (path: String, contentHash: String), _ host: PythonChannel, isReady: Bool) {
        guard warm.contains(file.path, hash: file.contentHash), isReady else {
            host.drain()
            if warm.contains(file.path, hash: file.contentHash) { note(file, .refused) }
            return
        }
        note(file, .serving(host))
    }

    private func note(_ file: (path: String, contentHash: String), _ entry: WarmHosts<PythonChannel>.Entry) {
        for host in warm.set(file.path, hash: file.contentHash, entry) { host.drain() }
    }

    // MARK: Limits

    private func enterRead() async {
        if activeReads < configuration.maximumReads {
            activeReads += 1
        } else {
            await withCheckedContinuation { waitingReads.append($0) }
        }
    }

    /// Hands the place to the next in line, or frees it.
    private func leaveRead() {
        if waitingReads.isEmpty {
            activeReads -= 1
        } else {
            waitingReads.removeFirst().resume()
        }
    }

    private func begin() {
        uses += 1
        generation += 1
    }

    private func end() {
        uses -= 1
        guard uses == 0, let idleTimeout = configuration.idleTimeout else { return }
        let generation = generation
        Task { [self, clock] in  // The wait of an idle period; a new use makes it void.
            try? await clock.sleep(for: idleTimeout)
            await stopIfIdle(since: generation)
        }
    }

    private func stopIfIdle(since generation: Int) async {
        guard uses == 0, self.generation == generation else { return }
        await stop()
    }
}
