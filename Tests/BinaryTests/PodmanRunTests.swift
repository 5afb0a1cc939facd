import Foundation
import Testing

/// `pipeline run --executor podman`.
struct PodmanRunTests {
    private static let chain = """
        chain:
          tasks:
            fetch:
              operator: KubernetesPodOperator
              image: IMAGE
              cmds: [sh, -c]
              arguments: ['echo rows read; printf "{\\"rows\\": 7}" > $PIPELINE_XCOM_PATH']
              do_xcom_push: true
            train:
              operator: KubernetesPodOperator
              image: IMAGE
              cmds: [sh, -c]
              arguments: ["echo trained on {{ ti.xcom_pull(task_ids='fetch')['rows'] }} rows; exit {{ params.code }}"]
              dependencies: [fetch]
          params: {code: {default: 0, type: integer}}
        slow:
          tasks:
            wait: {operator: KubernetesPodOperator, image: IMAGE, cmds: [sh, -c], arguments: ["echo ready; exec sleep 600"]}
        """

    private static let environment = ProcessInfo.processInfo.environment
    private static let image = environment["PIPELINE_TEST_PODMAN_IMAGE"] ?? "localhost/pipeline-test:1"

    /// podman keeps what it has below the home of the user, and reads its settings from there.
    private static let podman = environment.filter { ["HOME", "CONTAINERS_CONF", "XDG_RUNTIME_DIR"].contains($0.key) }

    /// Whether a container of the image runs here.
    private static func isThere() -> Bool {
        (try? podman(["image", "exists", image]).status) == 0 && (try? podman(["run", "--rm", image, "true"]).status) == 0
    }

    private static func podman(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["podman"] + arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private func program() throws -> BuiltProgram {
        try BuiltProgram(dags: ["dag.yaml": Self.chain.replacingOccurrences(of: "IMAGE", with: "\"\(Self.image)\"")])
    }

    private func containers(of program: BuiltProgram) throws -> Int {
        let filter = "label=pipeline.ml/installation=\(program.home.lastPathComponent.suffix(12).lowercased())"
        return try Self.podman(["ps", "--all", "--quiet", "--filter", filter]).output.split(separator: "\n").count
    }

    private func arguments(_ program: BuiltProgram, _ words: String...) -> (words: [String], environment: [String: String]) {
        let name = program.home.lastPathComponent.suffix(12).lowercased()
        return (words + ["--executor", "podman"], Self.podman.merging(["PIPELINE_INSTALLATION": name]) { $1 })
    }

    /// Real containers need real time; a program that has ended is not waited for.
    private func waitWhile(_ running: RunningProgram, _ condition: () throws -> Bool) throws {
        while running.process.isRunning, try condition() { usleep(100_000) }
    }

    @Test func withoutPodmanTheMendIsNamed() throws {
        let result = try program().run(["run", "chain", "--executor", "podman"], environment: ["PATH": "/nowhere"])
        #expect(result.status == 1)
        #expect(result.errors.contains("apt-get install podman"), "\(result.errors)")
    }

    @Test(.enabled("podman, or the image scripts/podman-test-image, does not run on this machine") { isThere() })
    func eachTaskIsAContainerAndItsResultGoesOn() throws {
        let program = try program()
        let (words, environment) = arguments(program, "run", "chain", "-o", "json", "--with-xcoms")
        let result = try program.run(words, environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        let log = try program.run("tasks", "logs", "chain", "latest", "train").output
        #expect(log.contains("[base] trained on 7 rows"), "\(log)")
        #expect(try containers(of: program) == 0)
    }

    @Test(.enabled("podman, or the image scripts/podman-test-image, does not run on this machine") { isThere() })
    func aFailedContainerFailsItsRun() throws {
        let program = try program()
        let (words, environment) = arguments(program, "run", "chain", "--param", "code=3")
        #expect(try program.run(words, environment: environment).status == 1)
        let log = try program.run("tasks", "logs", "chain", "latest", "train").output
        #expect(log.contains("exit code 3"), "\(log)")
        #expect(try containers(of: program) == 0)
    }

    @Test(.enabled("podman, or the image scripts/podman-test-image, does not run on this machine") { isThere() })
    func aKilledRunIsGoneOnWithAndThenEnded() throws {
        let program = try program()
        let (words, environment) = arguments(program, "run", "slow", "--run-id", "r")
        let first = try program.start(words, environment: environment)
        func log() throws -> String { try program.run("tasks", "logs", "slow", "r", "wait").output }
        try waitWhile(first) { try !log().contains("[base] ready") }
        kill(first.process.processIdentifier, SIGKILL)
        _ = try first.wait()
        #expect(try containers(of: program) == 1)

        let second = try program.start(words, environment: environment)
        try waitWhile(second) { try !log().contains("Going on with pod") }
        second.process.interrupt()
        #expect(try second.wait().status != 0)
        #expect(try containers(of: program) == 0)
        #expect(try log().components(separatedBy: "[base] ready").count == 2)
    }
}
