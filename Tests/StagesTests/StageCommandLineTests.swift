import Glibc
import PipelineCore
import Testing

@testable import Stages

/// A stage that fails as it is told.
struct FailingStage: Stage {
    var error: StageError
    let name = "failing"
    let summary = "Fails"
    let parameters: [StageParameter] = []

    func run(_ context: StageContext) async throws -> JSONValue { throw error }
}

/// A stage that does one thing and answers.
struct ActingStage: Stage {
    var result: JSONValue
    var position: ProgressPosition?
    var action: @Sendable () throws -> Void
    let name = "acting"
    let summary = "Acts"
    let parameters: [StageParameter] = []

    func run(_ context: StageContext) async throws -> JSONValue {
        if let position { context.progress.position(position) }
        try action()
        return result
    }
}

/// A stage that works until it is asked to end.
struct EndlessStage: Stage {
    let name = "endless"
    let summary = "Waits"
    let parameters: [StageParameter] = []

    func run(_ context: StageContext) async throws -> JSONValue {
        context.cancellation.set()
        while !Task.isCancelled { await Task.yield() }
        try context.cancellation.check()
        return .null
    }
}

@Suite struct StageCommandLineTests {
    private let registry = StageRegistry([
        EchoStage(), FailingStage(error: StageError(.corruptData, "bytes are wrong")), EndlessStage(),
    ])

    @Test func theResultIsTheLastLineAndTheXCom() async throws {
        var world = TestWorld()
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/result.json"
        #expect(await world.run("echo", "data=d", registry: registry) == 0)
        #expect(world.result?["data"] == "d")
        #expect(try FileIO.readText(world.folder.path + "/result.json") + "\n" == world.output.text)
    }

    @Test func theSideCarsFolderGetsTheXComWhenItIsThere() async throws {
        let world = TestWorld()
        #expect(await world.run("echo", "data=d", registry: registry) == 0)
        #expect(!FileIO.exists(world.folder.path + "/xcom"))
        try FileIO.createDirectories(world.folder.path + "/xcom")
        #expect(await world.run("echo", "data=e", registry: registry) == 0)
        let xcom = try JSONValue.parse(FileIO.readText(world.folder.path + "/xcom/return.json"))
        #expect(xcom["data"] == "e")
    }

    @Test func misuseEndsWith64AndHints() async {
        let world = TestWorld()
        #expect(await world.run("ecko", registry: registry) == 64)
        #expect(await world.run("echo", "data=d", "epochs=0", registry: registry) == 64)
        #expect(world.diagnostics.lines[0].contains("did you mean 'echo'?"))
        #expect(world.diagnostics.lines[1].contains("epochs"))
        #expect(world.output.text.isEmpty)
    }

    @Test func aFailureEndsWith1AndLeavesNoXCom() async throws {
        var world = TestWorld()
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/result.json"
        #expect(await world.run("failing", registry: registry) == 1)
        #expect(world.diagnostics.text == "pipeline stage run failing: error: bytes are wrong\n")
        #expect(world.output.text.isEmpty && !FileIO.exists(world.folder.path + "/result.json"))
    }

    @Test func theFolderOfTheXComIsMade() async throws {
        var world = TestWorld()
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/missing/deep/result.json"
        #expect(await world.run("echo", "data=d", registry: registry) == 0)
        #expect(try FileIO.readText(world.folder.path + "/missing/deep/result.json") + "\n" == world.output.text)
    }

    @Test(arguments: ["file/result.json", "folder"])
    func anXComThatCannotBeWrittenIsAFailureBeforeTheWork(_ name: String) async throws {
        var world = TestWorld()
        try world.folder.write("", to: "file")
        try FileIO.createDirectories(world.folder.path + "/folder")
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/" + name
        #expect(await world.run("failing", registry: registry) == 1)
        #expect(world.diagnostics.text.contains("PIPELINE_XCOM_PATH: \(world.folder.path)/\(name)"))
        #expect(!world.diagnostics.text.contains("bytes are wrong"))
    }

    /// The folder of the XCom goes away while the stage works.
    @Test func theResultIsPrintedThoughItsFileFails() async {
        var world = TestWorld()
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/gone/result.json"
        let stage = ActingStage(result: ["value": 7]) { [folder = world.folder.path] in
            try FileIO.removeTree(folder + "/gone")
        }
        #expect(await world.run("acting", registry: StageRegistry([stage])) == 1)
        #expect(world.output.text == #"{"value":7}"# + "\n" && world.diagnostics.text.contains("gone/result.json"))
    }

    @Test func aResultThatDoesNotArriveIsAFailure() async throws {
        let world = TestWorld()
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        var host = world.host
        host.output = FileDescriptorWriter(descriptor)
        #expect(await StageCommandLine.run(name: "echo", sets: ["data=d"], registry: registry, host: host) == 1)
        #expect(world.diagnostics.text.contains("the result cannot be written to standard output: No space left"))
    }

    @Test func resultsHoldNoNumbersThatJSONLacks() async throws {
        var world = TestWorld()
        world.environment["PIPELINE_XCOM_PATH"] = world.folder.path + "/result.json"
        let stage = ActingStage(result: ["a": [.double(.nan), 1.5], "b": .double(-.infinity)]) {}
        #expect(await world.run("acting", registry: StageRegistry([stage])) == 0)
        #expect(world.output.text == #"{"a":[null,1.5],"b":null}"# + "\n")
        #expect(try FileIO.readText(world.folder.path + "/result.json") == #"{"a":[null,1.5],"b":null}"#)
    }

    @Test func anErrorHasALineOfItsOwnBehindABar() async {
        var world = TestWorld()
        world.isTerminal = true
        let stage = ActingStage(
            result: .null, position: ProgressPosition("unpack", completed: 1, total: 2, unit: "bytes")
        ) {
            throw StageError(.corruptData, "bytes are wrong")
        }
        #expect(await world.run("acting", registry: StageRegistry([stage])) == 1)
        #expect(world.diagnostics.text.hasSuffix("1/2 bytes\npipeline stage run acting: error: bytes are wrong\n"))
    }

    @Test func theRequestToEndCancelsTheStagesTask() async {
        let world = TestWorld()
        #expect(await world.run("endless", registry: registry) == 1)
        #expect(world.diagnostics.text.contains("ended on request"))
    }

    @Test func listsAndDescriptionsNameEverything() throws {
        #expect(registry.listTable.hasPrefix("NAME     SUMMARY\necho     Answers its parameters\n"))
        #expect(registry.listJSON[0]?["name"] == "echo")
        let table = try registry.describeTable("echo")
        #expect(table.contains("data          text") && table.contains("(required)") && table.contains("min_<metric>"))
        let epochs = try registry.describeJSON("echo")["parameters"]?[0]
        #expect(
            epochs == [
                "name": "epochs", "type": "integer", "default": 30, "required": false, "minimum": 1, "maximum": 100,
                "help": "passes over the data",
            ])
        #expect(throws: StageError.self) { try registry.describeJSON("nope") }
    }
}

@Suite struct ProgressTests {
    @Test func eventsAreOneJSONLineEach() {
        let writer = MemoryWriter()
        let progress = JSONLinesProgress(stage: "train_model", writer: writer) { .zero }
        progress.event("epoch", ["epoch": 1, "val_loss": 0.5])
        #expect(writer.text == #"{"stage": "train_model", "event": "epoch", "epoch": 1, "val_loss": 0.5}"# + "\n")
    }

    @Test func positionsAppearEveryTenSecondsOnly() {
        let writer = MemoryWriter()
        let seconds = Mutex64()
        let progress = JSONLinesProgress(stage: "s", writer: writer) { .seconds(seconds.next()) }
        for step in 0..<25 {
            progress.position(ProgressPosition("epoch 1", completed: step, total: 100, unit: "steps"))
        }
        #expect(writer.lines.count == 2)
        #expect(writer.lines.first?.contains(#""completed": 9, "unit": "steps", "total": 100"#) == true)
    }

    @Test func anEpochIsCountedInItsHead() {
        let fields: JSONObject = ["epoch": 2, "epochs": 30, "lr": 5.000000413701855e-08, "best": true]
        #expect(TerminalProgress.line(for: "epoch", fields) == "epoch 2/30  lr 5e-08  best true")
        #expect(TerminalProgress.line(for: "step", ["step": 7, "loss": 1.5]) == "step 7  loss 1.5000")
    }

    @Test func barsAreDrawnInPlace() {
        let position = ProgressPosition("unpack", completed: 50, total: 200, unit: "bytes", detail: "loss 1.5")
        #expect(
            TerminalProgress.line(for: position)
                == "unpack  [#######.....................]  25 %  50/200 bytes  loss 1.5")
        let writer = MemoryWriter()
        let progress = TerminalProgress(writer: writer) { .zero }
        progress.position(position)
        progress.position(position)
        progress.event("done", ["rate": 1.25])
        let clear = "\r\u{1B}[K"
        #expect(writer.text == clear + TerminalProgress.line(for: position) + clear + "done  rate 1.2500\n")
    }

    @Test(arguments: [
        (0.0, 4, "0.0000"), (1.5, 0, "2"), (-0.25, 2, "-0.25"), (1234.5678, 2, "1234.57"), (0.00001, 4, "1e-05"),
        (5.000000413701855e-08, 4, "5e-08"), (-1.234567e-07, 2, "-1.23e-07"), (.leastNonzeroMagnitude, 4, "5e-324"),
        (-Double.nan, 2, "nan"),
        (Double.nan, 2, "nan"), (-.infinity, 2, "-inf"), (0.999_99, 2, "1.00"),
    ])
    func numbersHaveFixedDigits(_ number: Double, _ digits: Int, _ text: String) {
        #expect(FixedPoint.text(number, digits: digits) == text)
    }
}
