import Notifications
import PipelineCore

/// The settings in force, each with the place it came from: a flag, the environment, the file, or the default.
struct Configuration: Sendable {
    struct Value: Sendable, Hashable {
        var text: String
        var source: String
    }

    private(set) var values: [Setting: Value]

    /// Lays flags over the environment, over the configuration file, over the defaults.
    /// - Throws: ``UsageError`` for unreadable files, unknown keys and values out of range.
    init(flags: [Setting: String] = [:], environment: [String: String], workingDirectory: String) throws {
        values = Self.defaults(home: Self.home(flags, environment), environment, workingDirectory)
        let file = ConfigurationFile(
            path: environment["PIPELINE_CONFIG"] ?? (values[.home]?.text ?? "") + "/pipeline.yaml",
            isRequired: environment["PIPELINE_CONFIG"] != nil)
        for (setting, text) in try file.settings() { values[setting] = Value(text: text, source: file.path) }
        values[.workerImage] = Self.airflowWorkerImage(environment) ?? values[.workerImage]
        for setting in Setting.allCases {
            for name in [setting.airflowName, setting.environmentName].compactMap({ $0 }) {
                if let text = environment[name] { values[setting] = Value(text: text, source: name) }
            }
        }
        for (setting, text) in flags { values[setting] = Value(text: text, source: "command line") }
        for setting in [Setting.home, .dagsFolder, .logsFolder] {
            let path = Paths.absolute(self[setting], below: workingDirectory)
            values[setting]?.text = path
        }
        try checkNumbers()
        try checkWords()
        _ = try notifications()
    }

    /// Who is told of runs.
    /// - Throws: ``UsageError`` with the entry, the field and the place that it came from.
    func notifications() throws -> [NotificationTarget] {
        guard let value = values[.notifications], !value.text.isEmpty else { return [] }
        do {
            return try NotificationSettings.targets(try JSONValue.parse(value.text))
        } catch let error as NotificationSettingsError {
            throw UsageError("\(error) (from \(value.source))")
        } catch {
            throw UsageError("notifications is not JSON: \(error) (from \(value.source))")
        }
    }

    /// `nil` unless both variables are there.
    private static func airflowWorkerImage(_ environment: [String: String]) -> Value? {
        let names = Setting.airflowWorkerImage
        guard let repository = environment[names.repository], let tag = environment[names.tag] else { return nil }
        return Value(text: "\(repository):\(tag)", source: "\(names.repository), \(names.tag)")
    }

    private func checkWords() throws {
        for (setting, words) in [
            (Setting.executor, ["local", "kubernetes", "podman"]), (.gpuAdmission, ["capacity", "off"]), (.podSecurity, ["restricted", "none"]),
            (.processTasks, ["pods", "local"]), (.xcom, ["message", "sidecar"]),
        ] {
            guard let value = values[setting], !words.contains(value.text) else { continue }
            throw UsageError(
                "\(setting.rawValue) must be \(words.joined(separator: " or ")), not '\(value.text)' (from \(value.source))")
        }
    }

    subscript(setting: Setting) -> String { values[setting]?.text ?? "" }

    /// The same settings but for some.
    func replacing(_ changes: [Setting: String]) throws -> Configuration {
        var copy = self
        for (setting, text) in changes { copy.values[setting] = Value(text: text, source: "pipeline") }
        try copy.checkNumbers()
        return copy
    }

    func number(_ setting: Setting) -> Int { Int(self[setting]) ?? 0 }

    private static func home(_ flags: [Setting: String], _ environment: [String: String]) -> String {
        flags[.home] ?? environment["PIPELINE_HOME"] ?? (environment["HOME"] ?? "") + "/.pipeline"
    }

    private static func defaults(
        home: String, _ environment: [String: String], _ workingDirectory: String
    ) -> [Setting: Value] {
        let home = Paths.absolute(home, below: workingDirectory)
        let localDAGs = workingDirectory + "/dags"
        let localPython = workingDirectory + "/.venv/bin/python"
        let texts: [Setting: String] = [
            .home: home,
            .databaseURL: "sqlite:///" + home + "/pipeline.db",
            .dagsFolder: Paths.isDirectory(localDAGs) ? localDAGs : home + "/dags",
            .logsFolder: home + "/logs",
            .python: Paths.isExecutable(localPython) ? localPython : "python3",
            .fernetKey: "",
            .parallelism: "32",
            .triggererCapacity: "1000",
            .partitionMapperMaxDownstreamKeys: "1000",
            .readTimeoutSeconds: "30",
            .readMemoryMiB: "2048",
            .killGraceSeconds: "10",
            .callbackTimeoutSeconds: "300",
            .notifications: "",
            .executor: "local",
            .kubeconfig: "",
            .kubeContext: "",
            .namespace: "",
            .installation: "",
            .podTemplateFile: "",
            .acceleratorsFile: "",
            .gpuAdmission: "capacity",
            .podSecurity: "restricted",
            .sharedMemory: "1Gi",
            .finishedPodSeconds: "30",
            .followedLogs: "64",
            .processTasks: "pods",
            .workerImage: "",
            .executionAPIURL: "",
            .dagBundles: "",
            .logRetentionDays: "0",
            .dstPolicies: "",
            .jwtSecret: "",
            .xcom: "message",
            .xcomSidecarContainerImage: "",
            .xcomSidecarContainerResources: "",
        ]
        return texts.mapValues { Value(text: $0, source: "default") }
    }

    private func checkNumbers() throws {
        for (setting, range) in [
            (Setting.parallelism, 1...100_000), (.triggererCapacity, 1...100_000),
            (.partitionMapperMaxDownstreamKeys, 1...1_000_000),
            (.readTimeoutSeconds, 1...3_600), (.readMemoryMiB, 64...1_048_576), (.killGraceSeconds, 0...3_600),
            (.finishedPodSeconds, 0...86_400), (.followedLogs, 0...100_000), (.logRetentionDays, 0...36_500),
            (.callbackTimeoutSeconds, 1...86_400),
        ] {
            guard let value = values[setting] else { continue }
            guard let number = Int(value.text), range.contains(number) else {
                throw UsageError(
                    "\(setting.rawValue) must be a whole number from \(range.lowerBound) to \(range.upperBound), not "
                        + "'\(value.text)' (from \(value.source))")
            }
        }
    }
}
