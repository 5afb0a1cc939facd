import PipelineCore

/// `KubernetesPodOperator` in a cluster: one pod, and its result in the words of the stock operator.
/// Source: apache-airflow-providers-cncf-kubernetes `operators/pod.py` (`cleanup`, `execute_sync`).
extension KubernetesPodOperation {
    /// Exceptions of the provider.
    private static let podFailed = "PodLaunchFailedException"

    func execute(in pods: any PodLauncher, _ context: NativeContext) async throws -> NativeResult {
        let feed = TrackingFeed(context)
        async let tracking: Void = feed.run()
        let reporter = PodLogReporter(self, feed, context)
        do {
            let result = try await pods.run(context.launch, attributes: attributes.values, reporter: reporter)
            feed.end()
            await tracking
            return try await conclude(result, reporter.stageError, context)
        } catch let failure as PodFailure {
            feed.end()
            await tracking
            throw Self.native(failure)
        } catch {
            feed.end()
            throw error
        }
    }

    private func conclude(
        _ pod: PodResult, _ stageError: StageErrorLine, _ context: NativeContext
    ) async throws -> NativeResult {
        try await context.pushXCom("pod_name", .string(pod.name))
        try await context.pushXCom("pod_namespace", .string(pod.namespace))
        let node = pod.node.map { " on node \($0)" } ?? ""
        context.say("Pod \(pod.name) ran\(node), image \(pod.imageID ?? "unknown")")
        let value = try xcom(pod, context)
        if pod.exitCode == 0 {
            if pod.reason == "OOMKilled" { context.say("A process of the pod was killed for want of memory") }
            return NativeResult(returnValue: value)
        }
        if !value.isNull { try await context.pushXCom(XCom.returnKey, value) }
        throw failure(pod, stageError)
    }

    private func failure(_ pod: PodResult, _ error: StageErrorLine) -> NativeFailure {
        if skipCodes.contains(pod.exitCode) {
            return NativeFailure(.skip, "Pod \(pod.name) returned exit code \(pod.exitCode). Skipping.")
        }
        let reason = pod.reason.map { " (\($0))" } ?? ""
        return NativeFailure(
            .failure,
            "\(error.head)Pod \(pod.name) returned a failure.\nIts container ended with exit code \(pod.exitCode)\(reason)."
        )
    }

    private func xcom(_ pod: PodResult, _ context: NativeContext) throws -> JSONValue {
        guard pushesXCom else { return .null }
        guard let text = pod.result, !text.isEmpty else {
            context.say("xcom result file is empty.")
            return .null
        }
        guard !pod.isResultCut else {
            throw NativeFailure(
                .failure, "The XCom of a pod may have 4095 bytes, and this one was cut there; set xcom: sidecar (for one "
                    + "task: executor_config={\"xcom\": \"sidecar\"}), or write larger results to a volume or an object "
                    + "store, and return where they are")
        }
        do {
            return try JSONValue.parse(text)
        } catch {
            throw NativeFailure(.failure, "The XCom file is not JSON: \(error)", exception: "JSONDecodeError")
        }
    }

    static func native(_ failure: PodFailure) -> any Error {
        switch failure.end {
        case .lost(let reason): LostLaunch(reason: reason)
        case .outcome(.died(let reason, isFinal: true)): NativeFailure(.final, reason, exception: podFailed)
        case .outcome: NativeFailure(.failure, failure.message, exception: podFailed)
        }
    }
}

/// The launch came to nothing through no fault of the task's: it is launched again without using up a retry.
struct LostLaunch: Error {
    let reason: String
}
