import PipelineCore
import PipelineTestSupport
import Testing

@testable import K8sPodExecutor
@testable import PodmanExecutor

/// Pods in podman's words.
struct PodTranslationTests {
    private static func request(_ attributes: JSONObject, isRestricted: Bool = false) throws -> PodRequest {
        var settings = KubernetesSettings(namespace: "default", installation: "test")
        settings.isRestricted = isRestricted
        return try PodBuilder(settings).build(.sample(), attributes: PodmanHarness.attributes(attributes))
    }

    private static func pod(_ attributes: JSONObject, isRestricted: Bool = false) throws -> PodmanPod {
        try PodTranslation(try request(attributes, isRestricted: isRestricted), host: "workstation").translated()
    }

    private static func shaped(_ spec: JSONObject, container: JSONObject = [:]) throws -> PodmanPod {
        try pod(["pod": PodmanHarness.pod(spec, container: container)])
    }

    struct Row: Sendable {
        var spec: JSONObject = [:]
        var container: JSONObject = [:]
        var options: [String]
    }

    private static let volumes: JSONValue = [
        ["name": "scratch", "emptyDir": [:]], ["name": "dshm", "emptyDir": ["medium": "Memory", "sizeLimit": "1Gi"]],
        ["name": "data", "hostPath": ["path": "/srv/data"]], ["name": "work", "persistentVolumeClaim": ["claimName": "work"]],
    ]

    private static func mounted(_ mount: JSONObject, _ options: [String]) -> Row {
        Row(spec: ["volumes": volumes], container: ["volumeMounts": [.object(mount)]], options: options)
    }

    static let rows: [Row] = [
        Row(container: ["workingDir": "/work", "tty": true], options: ["--workdir", "/work", "--tty"]),
        Row(spec: ["hostNetwork": true], options: ["--network", "host"]),
        Row(spec: ["hostPID": true, "hostIPC": true], options: ["--pid", "host", "--ipc", "host"]),
        Row(spec: ["hostname": "node"], options: ["--hostname", "node"]),
        Row(spec: ["hostAliases": [["ip": "10.0.0.1", "hostnames": ["a", "b"]]]], options: ["--add-host", "a:10.0.0.1", "--add-host", "b:10.0.0.1"]),
        Row(
            spec: ["dnsConfig": ["nameservers": ["1.1.1.1"], "searches": ["s"], "options": [["name": "ndots", "value": "2"]]]],
            options: ["--dns", "1.1.1.1", "--dns-search", "s", "--dns-option", "ndots:2"]),
        Row(spec: ["terminationGracePeriodSeconds": 7], options: ["--stop-timeout", "7"]),
        Row(spec: ["securityContext": ["runAsUser": 1000, "runAsGroup": 5, "fsGroup": 6]], options: ["--user", "1000:5", "--group-add", "6"]),
        Row(spec: ["securityContext": ["runAsUser": 1000]], container: ["securityContext": ["runAsUser": 7]], options: ["--user", "7"]),
        Row(container: ["securityContext": ["privileged": true]], options: ["--privileged"]),
        Row(
            container: ["securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"], "add": ["NET_RAW"]]]],
            options: ["--security-opt", "no-new-privileges", "--cap-drop", "ALL", "--cap-add", "NET_RAW"]),
        Row(
            container: ["securityContext": ["readOnlyRootFilesystem": true, "seccompProfile": ["type": "Unconfined"]]],
            options: ["--read-only", "--read-only-tmpfs=false", "--security-opt", "seccomp=unconfined"]),
        mounted(["name": "data", "mountPath": "/data", "readOnly": true, "subPath": "a"], ["--volume", "/srv/data/a:/data:ro"]),
        mounted(["name": "data", "mountPath": "/data"], ["--volume", "/srv/data:/data:rw"]),
        mounted(["name": "work", "mountPath": "/work"], ["--volume", "work:/work:U"]),
        mounted(["name": "dshm", "mountPath": "/dev/shm"], ["--shm-size", "1073741824b"]),
        mounted(["name": "dshm", "mountPath": "/fast"], ["--tmpfs", "/fast:mode=1777,size=1073741824"]),
    ]

    @Test(arguments: rows.indices)
    func aFieldBecomesOptions(_ index: Int) throws {
        let row = Self.rows[index]
        let options = try #require(try Self.shaped(row.spec, container: row.container).base).options
        #expect(Self.contains(options, row.options), "\(options)")
    }

    /// Whether the words stand in the list, in order, with others between.
    private static func contains(_ list: [String], _ words: [String]) -> Bool {
        var rest = words[...]
        for word in list where word == rest.first { rest = rest.dropFirst() }
        return rest.isEmpty
    }

    @Test(arguments: [(true, false, "ro"), (false, true, "ro"), (false, false, "U")])
    func aClaimIsWrittenToOnlyWhereBothSaySo(_ claim: Bool, _ mount: Bool, _ option: String) throws {
        let pod = PodmanHarness.pod(
            ["volumes": [["name": "v", "persistentVolumeClaim": ["claimName": "work", "readOnly": .bool(claim)]]]],
            container: ["volumeMounts": [["name": "v", "mountPath": "/work", "readOnly": .bool(mount)]]])
        let request = try PodBuilder(KubernetesSettings(namespace: "default", installation: "test"))
            .build(.sample(), attributes: PodmanHarness.attributes(["pod": pod]))
        let options = try PodTranslation(request, host: "here").translated().base?.options ?? []
        #expect(options.contains("work:/work:\(option)"), "\(options)")
    }

    @Test func resourcesAreLimitsOfTheContainer() throws {
        let resources: JSONValue = ["limits": ["memory": "64Mi", "cpu": "1500m"], "requests": ["cpu": "250m", "memory": "32Mi"]]
        let options = try #require(try Self.pod(["container_resources": resources]).base).options
        #expect(Self.contains(options, ["--memory", "67108864b", "--memory-swap", "67108864b", "--cpus", "1.500", "--cpu-shares", "256"]))
    }

    /// Each of them ended the whole program.
    @Test(arguments: ["-500m", "10P", "9223372036854775807"])
    func processorsBeyondAnyMachineAreRefused(_ amount: String) throws {
        for kind in ["limits", "requests"] {
            let resources: JSONValue = .object([kind: ["cpu": .string(amount)]])
            let error = #expect(throws: PodBuildError.self) { try Self.pod(["container_resources": resources]) }
            #expect("\(try #require(error))".contains("cpu"))
        }
    }

    @Test func aDeadlineBeyondAllTimeIsRefused() throws {
        for seconds in [0, -1, Int.max] {
            #expect(throws: PodBuildError.self) { try Self.shaped(["activeDeadlineSeconds": .int(seconds)], container: [:]) }
        }
    }

    @Test func aSecretIsNotOfGoForItsFirstLetters() throws {
        let base = try #require(try Self.pod(["env_vars": [["name": "GOOGLE_API_KEY", "value": "secret"]]]).base)
        #expect(!base.options.contains { $0.contains("secret") } && base.environment["GOOGLE_API_KEY"] == "secret")
    }

    @Test func devicesAreTakenFromLimits() throws {
        let resources: JSONValue = ["limits": ["nvidia.com/gpu": 2]]
        #expect(try Self.pod(["container_resources": resources]).devices == [.init(kind: "nvidia.com/gpu", count: 2)])
    }

    @Test func acceleratedPodsGetTheirSharedMemory() throws {
        let pod = try Self.pod(["container_resources": ["limits": ["nvidia.com/gpu": 1]]])
        #expect(Self.contains(try #require(pod.base).options, ["--shm-size", "1073741824b"]))
        #expect(pod.ignored.contains("spec.tolerations"))
    }

    @Test func theCommandIsExpandedAndDoesNotComeFromTheImage() throws {
        let pod = try Self.pod([
            "cmds": ["sh", "-c"], "arguments": ["echo $(NAME) $$(NAME)", "x"], "env_vars": [["name": "NAME", "value": "n"]],
        ])
        let base = try #require(pod.base)
        #expect(Self.contains(base.options, ["--entrypoint", #"["sh","-c"]"#]))
        #expect(base.command == ["echo n $(NAME)", "x"])
        let own = try #require(try Self.pod(["cmds": .null, "arguments": ["x"]]).base)
        #expect(!own.options.contains("--entrypoint") && own.command == ["x"])
    }

    @Test func valuesOfVariablesStandInNoCommandLine() throws {
        let variables: JSONValue = [
            ["name": "TOKEN", "value": "secret\nof two lines"], ["name": "PATH", "value": "/bin"], ["name": "HTTPS_PROXY", "value": "p"],
            ["name": "URL", "value": "https://$(TOKEN)"],
        ]
        let base = try #require(try Self.pod(["env_vars": variables]).base)
        #expect(base.environment["TOKEN"] == "secret\nof two lines" && base.environment["URL"] == "https://secret\nof two lines")
        #expect(!base.options.contains { $0.contains("secret") })
        // What podman itself would follow is not put into its environment.
        #expect(Self.contains(base.options, ["--env", "HTTPS_PROXY=p", "--env", "PATH=/bin", "--env", "TOKEN"]))
        #expect(base.environment["PATH"] == nil && base.environment["HTTPS_PROXY"] == nil)
    }

    @Test func fieldsOfThePodAreKnown() throws {
        func reference(_ path: String) -> JSONValue { ["name": "X", "valueFrom": ["fieldRef": ["fieldPath": .string(path)]]] }
        for (path, value) in [("metadata.namespace", "default"), ("spec.nodeName", "workstation"), ("metadata.labels['team']", "ml")] {
            #expect(try Self.pod(["env_vars": [reference(path)]]).base?.environment["X"] == value)
        }
        #expect(throws: PodBuildError.self) { try Self.pod(["env_vars": [reference("status.podIP")]]) }
    }

    @Test func theResultHasAVolumeThatGoesWithThePod() throws {
        let pod = try Self.pod(["pod": PodmanHarness.pod(["volumes": Self.volumes])])
        #expect(pod.volumes == ["\(pod.name)-scratch", "\(pod.name)-result"])
        #expect(Self.contains(try #require(pod.base).options, ["--volume", "\(pod.name)-result:/airflow/xcom:U"]))
        #expect(try Self.pod(["do_xcom_push": false]).volumes == [])
    }

    @Test func aSidecarForTheResultIsItsVolumeAlone() throws {
        var launch = TaskLaunch.sample()
        launch.task.executorConfig = ["__type": "dict", "__var": ["xcom": "sidecar"]]
        let builder = PodBuilder(KubernetesSettings(namespace: "default", installation: "test"))
        let request = try builder.build(launch, attributes: PodmanHarness.attributes())
        let pod = try PodTranslation(request, host: "workstation").translated()
        #expect(pod.containers.map(\.name) == ["base"] && pod.volumes == ["\(pod.name)-xcom"])
        #expect(Self.contains(try #require(pod.base).options, ["--volume", "\(pod.name)-xcom:/airflow/xcom:U"]))
    }

    @Test func theDefaultsOfAClusterAreUnderstood() throws {
        let base = try #require(try Self.pod([:], isRestricted: true).base)
        #expect(Self.contains(base.options, ["--user", "1000", "--group-add", "1000", "--security-opt", "no-new-privileges", "--cap-drop", "ALL"]))
        #expect(!base.refusesRoot)
    }

    static let refused: [(field: String, spec: JSONObject, container: JSONObject)] = [
        ("spec.shareProcessNamespace", ["shareProcessNamespace": true], [:]),
        ("spec.volumes[0] (v)", ["volumes": [["name": "v", "configMap": ["name": "c"]]]], [:]),
        ("spec.volumes[0] (v).hostPath", ["volumes": [["name": "v", "hostPath": ["path": "relative"]]]], [:]),
        ("spec.containers[0].envFrom", [:], ["envFrom": [["secretRef": ["name": "s"]]]]),
        ("spec.containers[0].livenessProbe", [:], ["livenessProbe": ["exec": ["command": ["true"]]]]),
        ("spec.containers[0].resources.claims", [:], ["resources": ["claims": [["name": "gpu"]]]]),
        ("spec.containers[0].lifecycle", [:], ["lifecycle": ["preStop": ["exec": [:]]]]),
        ("spec.containers[0].imagePullPolicy", [:], ["imagePullPolicy": "Sometimes"]),
        ("spec.containers[0].volumeMounts[0]", [:], ["volumeMounts": [["name": "none", "mountPath": "/x"]]]),
        ("spec.containers[0].securityContext", [:], ["securityContext": ["runAsNonRoot": true, "runAsUser": 0]]),
        ("spec.containers[0].securityContext", [:], ["securityContext": ["runAsGroup": 5]]),
        ("spec.containers[0].securityContext.seccompProfile", [:], ["securityContext": ["seccompProfile": ["type": "Localhost"]]]),
        ("spec.initContainers[0].restartPolicy", ["initContainers": [["name": "i", "image": "b", "restartPolicy": "Always"]]], [:]),
        (
            "spec.initContainers[0].resources",
            ["initContainers": [["name": "i", "image": "b", "resources": ["limits": ["nvidia.com/gpu": 1]]]]], [:]
        ),
        (
            "spec.containers[0].volumeMounts[0].subPath", ["volumes": volumes],
            ["volumeMounts": [["name": "scratch", "mountPath": "/x", "subPath": "a"]]]
        ),
    ]

    @Test(arguments: refused.indices)
    func whatWouldBeAnotherPodIsRefusedByItsName(_ index: Int) throws {
        let row = Self.refused[index]
        let error = #expect(throws: PodBuildError.self) { try Self.shaped(row.spec, container: row.container) }
        #expect(error?.field == row.field, "\(error as Any)")
    }

    @Test func whatOneMachineHasNoUseForIsPassedOverAndTold() throws {
        let pod = try Self.shaped(["nodeSelector": ["gpu": "on"], "affinity": .null, "tolerations": []], container: ["stdin": false, "terminationMessagePolicy": "File"])
        #expect(pod.ignored == ["spec.nodeSelector"])
        let other = try Self.shaped([:], container: ["terminationMessagePolicy": "FallbackToLogsOnError"])
        #expect(other.ignored == ["spec.containers[0].terminationMessagePolicy"])
    }
}
