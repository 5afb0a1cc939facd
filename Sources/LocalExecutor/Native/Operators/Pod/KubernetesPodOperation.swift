import ChildProcesses
import Glibc
import PipelineCore

/// `KubernetesPodOperator` without a cluster: the command of its base container as a process of this machine, where
/// that command is `pipeline ...`. Source: apache-airflow-providers-cncf-kubernetes `operators/pod.py`.
///
/// With a cluster (``LocalExecutorSetup/pods``) it is one pod. Without, there is none, so `pod_name` and `pod_namespace` are not pushed, and limits of resources are shown, not enforced.
struct KubernetesPodOperation: NativeOperation {
    static let operatorClass = "airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator"
    static let templateFields = [
        "image", "name", "hostname", "cmds", "annotations", "arguments", "env_vars", "labels", "config_file",
        "pod_template_file", "pod_template_dict", "namespace", "container_resources", "volumes", "volume_mounts",
        "cluster_context", "env_from", "configmaps", "node_selector", "kubernetes_conn_id", "base_container_name",
        "trigger_kwargs",
    ]
    static let logger = "airflow.providers.cncf.kubernetes.utils.pod_manager.PodManager"

    let attributes: NativeAttributes
    let pushesXCom: Bool
    let showsLogs: Bool
    let prefixesLines: Bool
    let skipCodes: [Int]

    init(_ attributes: NativeAttributes) {
        self.attributes = attributes
        pushesXCom = attributes.bool("do_xcom_push", default: false)
        showsLogs = attributes.bool("get_logs", default: true)
        prefixesLines = attributes.bool("container_name_log_prefix_enabled", default: true)
        let skip = attributes["skip_on_exit_code"]
        skipCodes = skip.intValue.map { [$0] } ?? skip.arrayValue?.compactMap(\.intValue) ?? []
    }

    /// The members of the pod that are template fields, under the operator's own names, so that they are rendered and
    /// shown. The pod says what the container gets: its arguments may have come from a pod template.
    static func prepared(_ attributes: NativeAttributes) -> NativeAttributes {
        var result = attributes
        let spec = attributes["pod"]["spec"] ?? [:]
        let name = attributes.string("base_container_name") ?? "base"
        guard let container = PodContainer.container(named: name, in: spec) else { return result }
        let members = [
            ("image", "image"), ("command", "cmds"), ("args", "arguments"), ("env", "env_vars"),
            ("resources", "container_resources"),
        ]
        for (member, attribute) in members {
            if let value = container[member] { result.values[attribute] = value }
        }
        return result
    }

    /// Variables of the element are added to those of the pod, as Airflow reconciles pods; all else replaces.
    static func laidOver(_ partial: NativeAttributes, _ element: JSONObject) -> NativeAttributes {
        var result = NativeAttributes(
            operatorClass: partial.operatorClass, values: partial.values.merging(element))
        if let own = element["env_vars"] {
            let base = PodEnvironment.list(partial["env_vars"])
            result.values["env_vars"] = .array(base + PodEnvironment.list(NativeAttributes.plain(own)))
        }
        return result
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        if let pods = context.setup.pods { return try await execute(in: pods, context) }
        let container = try PodContainer(attributes)
        let command = try PodCommand(container, pipelinePath: context.setup.pipelinePath)
        let folder = try TemporaryFolder(
            existing: nil, root: TemporaryFolder.root(context.setup.environment))
        defer { folder.remove() }
        let xcomPath = folder.path + "/return.json"
        describe(container, command, context)
        let stageError = StageErrorLine()
        let end = try await run(container, command, xcomPath, stageError, context)
        let result = try pushesXCom ? xcom(xcomPath, context) : .null
        if end == .exited(0) { return NativeResult(returnValue: result) }
        if !result.isNull { try await context.pushXCom(XCom.returnKey, result) }
        throw failure(container, end, stageError)
    }

    private func describe(_ container: PodContainer, _ command: PodCommand, _ context: NativeContext) {
        context.say("Running the command of pod \(container.podName) as a local process (image \(container.image))")
        let resources = container.resources.filter { $0.value.objectValue?.isEmpty == false }
        if !resources.isEmpty {
            let parts = resources.map { kind, amounts in
                let amounts = (amounts.objectValue ?? [:]).map {
                    "\($0.key)=\($0.value.stringValue ?? $0.value.serialized())"
                }
                return "\(kind) \(amounts.joined(separator: ", "))"
            }
            context.say("Resources, not enforced in local mode: \(parts.joined(separator: "; "))")
        }
        for volume in PodContainer.localVolumes(attributes["pod"], container: container.name) {
            context.say("Volume \(volume.name) is the folder \(volume.path) of this machine in local mode")
        }
        context.say("Running command: \(JSONValue.array(command.words.map(JSONValue.string)).pythonText)")
    }

    private func run(
        _ container: PodContainer, _ command: PodCommand, _ xcomPath: String, _ stageError: StageErrorLine,
        _ context: NativeContext
    ) async throws -> ProcessEnd {
        var environment = context.setup.environment.merging(TrackingFeed.environment) { _, own in own }
        environment.merge(command.environment) { _, own in own }
        environment["PIPELINE_XCOM_PATH"] = pushesXCom ? xcomPath : nil
        let request = ProcessRequest(
            command: command.words, environment: environment, workingDirectory: container.workingDirectory)
        let feed = TrackingFeed(context)
        async let tracking: Void = feed.run()
        let log = outputLog(container, feed, stageError, context)
        do {
            let end = try await context.run(request, output: log.append)
            log.finish()
            feed.end()
            await tracking
            return end
        } catch {
            feed.end()
            throw error
        }
    }

    /// Where the container's lines go: reports to the feed, the rest to the log.
    private func outputLog(
        _ container: PodContainer, _ feed: TrackingFeed, _ stageError: StageErrorLine, _ context: NativeContext
    ) -> OutputLog {
        let prefix = prefixesLines ? "[\(container.name)] " : ""
        let (taskLog, showsLogs) = (context.log, showsLogs)
        return OutputLog { line in
            stageError.look(at: line)
            if !feed.take(line), showsLogs { taskLog.write(prefix + line, logger: Self.logger) }
        }
    }

    /// What the program left in the file, as the side car would have read it from `/airflow/xcom/return.json`.
    private func xcom(_ path: String, _ context: NativeContext) throws -> JSONValue {
        guard let bytes = try SmallFile.read(path, maximumBytes: Self.maximumXComFileBytes), !bytes.isEmpty else {
            context.say("xcom result file is empty.")
            return .null
        }
        do {
            return try JSONValue.parse(utf8: bytes)
        } catch {
            throw NativeFailure(.failure, "The XCom file is not JSON: \(error)", exception: "JSONDecodeError")
        }
    }

    /// More than any store takes, so that its own message is the one that is seen.
    private static let maximumXComFileBytes = 64 << 20

    private func failure(_ container: PodContainer, _ end: ProcessEnd, _ error: StageErrorLine) -> NativeFailure {
        if case .exited(let code) = end, skipCodes.contains(Int(code)) {
            return NativeFailure(.skip, "Pod \(container.podName) returned exit code \(code). Skipping.")
        }
        let how =
            switch end {
            case .exited(let code): "exited with code \(code)"
            case .signaled(let number): "was ended by signal \(number)"
            }
        return NativeFailure(
            .failure,
            "\(error.head)Pod \(container.podName) returned a failure.\nContainer \(container.name) \(how).")
    }
}
