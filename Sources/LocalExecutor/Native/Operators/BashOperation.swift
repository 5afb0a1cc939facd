import ChildProcesses
import Glibc
import PipelineCore
import Synchronization

/// `BashOperator`. Source: apache-airflow-providers-standard `operators/bash.py`, `hooks/subprocess.py`.
struct BashOperation: NativeOperation {
    static let operatorClass = "airflow.providers.standard.operators.bash.BashOperator"
    static let templateFields = ["bash_command", "env", "cwd"]
    static let needsProcess = true
    static let templateExtensions = [".sh", ".bash"]

    private let command: String
    /// `nil`: the environment of `pipeline`.
    private let environment: BashEnvironment?
    private let appendsEnvironment: Bool
    private let workingDirectory: String?
    private let skipCodes: [Int]

    init(_ attributes: NativeAttributes) throws {
        command = try attributes.requiredString("bash_command")
        environment = try BashEnvironment(attributes)
        appendsEnvironment = attributes.bool("append_env", default: false)
        workingDirectory = attributes.string("cwd")
        let skip = attributes["skip_on_exit_code"]
        skipCodes = skip.intValue.map { [$0] } ?? skip.arrayValue?.compactMap(\.intValue) ?? []
    }

    /// A command that is rendered to another type (`render_template_as_native_obj`) fails in words of Python.
    static func pythonReason(_ attributes: NativeAttributes, _ launch: TaskLaunch) -> String? {
        let command = attributes["bash_command"]
        guard command.stringValue != nil || ResultReference.isReference(command) else { return "its command is no text" }
        return BashEnvironment.pythonReason(attributes)
    }

    func execute(_ context: NativeContext) async throws -> NativeResult {
        let (code, last) = try await run(context)
        if skipCodes.contains(Int(code)) {
            throw NativeFailure(.skip, "Bash command returned exit code \(code). Skipping.")
        }
        guard code == 0 else {
            throw NativeFailure(.failure, "Bash command failed. The command returned a non-zero exit code \(code).")
        }
        guard last.isWhole || context.launch.task.native?.attributes["do_xcom_push"] == false else {
            throw NativeFailure(
                .failure,
                "The last line has \(last.count) bytes, more than the \(OutputLog.maximumLastLine) that an XCom may "
                    + "have; print less, or set do_xcom_push=False")
        }
        return NativeResult(returnValue: .string(last.text))
    }

    private func run(_ context: NativeContext) async throws -> (code: Int32, last: OutputLog.LastLine) {
        if let workingDirectory { try Self.check(workingDirectory) }
        let root = TemporaryFolder.root(context.setup.environment)
        let bash = ExecutablePath.find("bash", in: context.setup.environment) ?? "bash"
        let log = SubprocessLog(context.log)
        let folder = try TemporaryFolder(existing: workingDirectory, root: root)
        defer { folder.remove() }
        let script = try scriptFile(in: folder)
        defer { script.map { _ = unlink("\(folder.path)/\($0)") } }
        // An empty command is one like any other.
        let words = [bash] + (script.map { [$0] } ?? ["-c", command])
        log.begin(words, temporaryRoot: root)
        let request = ProcessRequest(
            command: words, environment: try childEnvironment(context), workingDirectory: folder.path)
        let end = try await context.run(request, didStart: { log.say("Output:") }, output: log.append)
        let last = log.finish()
        log.say(
            context.isEnding
                ? "Sending SIGTERM signal to process group" : "Command exited with return code \(end.returnCode)")
        return (end.returnCode, last)
    }

    /// A command that ends like the name of a script is run from a file, whatever it is (the name of a template file has
    /// been replaced by its content before).
    private func scriptFile(in folder: TemporaryFolder) throws -> String? {
        guard Self.templateExtensions.contains(where: command.hasSuffix) else { return nil }
        let name = "tmp\(TemporaryFolder.randomLetters()).sh"
        try SmallFile.write(Array(command.utf8), to: "\(folder.path)/\(name)")
        return name
    }

    private func childEnvironment(_ context: NativeContext) throws -> [String: String] {
        var result = try environment?.texts() ?? context.setup.environment
        if appendsEnvironment { result = context.setup.environment.merging(result) { _, own in own } }
        return result.merging(AirflowVariables.of(context.launch)) { _, airflow in airflow }
    }

    private static func check(_ folder: String) throws {
        var status = stat()
        guard stat(folder, &status) == 0 else { throw NativeFailure(.failure, "Can not find the cwd: \(folder)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw NativeFailure(.failure, "The cwd \(folder) must be a directory")
        }
    }
}

/// The `env` of a Bash operator or sensor.
struct BashEnvironment: Sendable {
    private let members: JSONObject

    /// `nil` for the environment of `pipeline`.
    init?(_ attributes: NativeAttributes) throws {
        let value = attributes["env"]
        if value.isNull { return nil }
        guard let members = value.objectValue else { throw attributes.failure("env", "a dictionary of texts") }
        self.members = members
    }

    /// - Throws: what `Popen` raises for a value that is no text.
    func texts() throws -> [String: String] {
        try Dictionary(
            uniqueKeysWithValues: members.map { name, value in
                guard let text = value.stringValue else {
                    throw NativeFailure(
                        .failure, "expected str, bytes or os.PathLike object, not \(Self.typeName(value))",
                        exception: "TypeError")
                }
                return (name, text)
            })
    }

    /// Output is decoded here as UTF-8 only.
    static func pythonReason(_ attributes: NativeAttributes) -> String? {
        let encoding = attributes.string("output_encoding") ?? "utf-8"
        let known: Set<String> = ["utf-8", "utf8", "utf_8", "u8"]
        return known.contains(encoding.lowercased()) ? nil : "its output_encoding is \(encoding)"
    }

    private static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .array: "list"
        case .object: "dict"
        }
    }
}
