import Foundation

/// The built program in a home of its own.
final class BuiltProgram: Sendable {
    struct Result: Sendable {
        var status: Int32
        var output: String
        var errors: String
    }

    let home: URL
    let dags: URL
    private let environment: [String: String]

    /// Where the package manager puts the program: beside the tests.
    static let executable: URL = {
        var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        while folder.path != "/" {
            let candidate = folder.appending(path: "pipeline")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return URL(filePath: "pipeline")
    }()

    init(dags files: [String: String] = [:], environment: [String: String] = [:]) throws {
        home = FileManager.default.temporaryDirectory.appending(path: "pipeline-binary-\(UUID().uuidString)")
        dags = home.appending(path: "dags")
        try FileManager.default.createDirectory(at: dags, withIntermediateDirectories: true)
        for (name, text) in files {
            let file = dags.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        var all = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home.path,
            "PIPELINE_HOME": home.path, "PIPELINE_DAGS_FOLDER": dags.path, "PIPELINE_PYTHON": "/nonexistent/python3",
        ]
        all.merge(environment) { _, new in new }
        self.environment = all
    }

    deinit { try? FileManager.default.removeItem(at: home) }

    /// Writes a file into the home folder; its path.
    func file(_ name: String, _ text: String) throws -> String {
        let file = home.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    func run(_ arguments: String...) throws -> Result { try run(arguments) }

    func run(_ arguments: [String], environment extra: [String: String] = [:]) throws -> Result {
        let running = try start(arguments, environment: extra)
        return try running.wait()
    }

    /// The exit status where nobody reads standard error: its pipe has lost its other end.
    func runUnread(_ arguments: String..., output: URL) throws -> Int32 {
        let process = Process()
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        process.executableURL = Self.executable
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        process.standardError = pipe
        try process.run()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -1
    }

    func start(_ arguments: [String], environment extra: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(
            Self.executable, arguments, environment.merging(extra) { _, new in new }, folder: home)
    }
}

/// A program that has been started; its output goes to files, so that nothing blocks.
final class RunningProgram {
    let process = Process()
    private let output: URL
    private let errors: URL

    init(_ executable: URL, _ arguments: [String], _ environment: [String: String], folder: URL) throws {
        let id = UUID().uuidString
        output = folder.appending(path: "\(id).out")
        errors = folder.appending(path: "\(id).err")
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.executableURL = executable
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    func wait() throws -> BuiltProgram.Result {
        process.waitUntilExit()
        return BuiltProgram.Result(status: process.terminationStatus, output: try text(output), errors: try text(errors))
    }

    /// Blocks until standard error holds `part`, or the program has ended; for two minutes at most.
    func waitForErrors(containing part: String) throws -> Bool {
        for _ in 0..<60_000 where process.isRunning {
            if try text(errors).contains(part) { return true }
            usleep(2_000)
        }
        return try text(errors).contains(part)
    }

    /// Blocks until the file has a line, or the program has ended.
    func wait(for file: URL) throws -> Bool {
        func isThere() -> Bool { (try? text(file))?.hasSuffix("\n") == true }
        while process.isRunning {
            if isThere() { return true }
            usleep(2_000)
        }
        return isThere()
    }

    private func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
}
