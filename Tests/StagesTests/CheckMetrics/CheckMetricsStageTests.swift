import PipelineCore
import Testing

@testable import Stages

@Suite struct CheckMetricsStageTests {
    private let log = """
        {"epoch": 1, "train_loss": 4.1, "val_loss": 3.9, "val_accuracy": 0.2}
        {"step": 5, "loss": 3.0, "lr": 0.1}
        {"epoch": 2, "train_loss": 3.0, "val_loss": 2.5, "val_accuracy": 0.6}
        {"epoch": 3, "train_loss": 2.0, "val_loss": 2.6, "val_accuracy": 0.5}

        """

    private func world() throws -> TestWorld {
        let world = TestWorld()
        try world.folder.write(log, to: "run/model/metrics.jsonl")
        return world
    }

    private func check(_ world: TestWorld, _ sets: [String]) async -> Int32 {
        await StageCommandLine.run(
            name: "check_metrics", sets: ["metrics=\(world.folder.path)/run/model"] + sets, host: world.host)
    }

    @Test(arguments: [
        (["min_val_accuracy=0.6"], 2), (["max_val_loss=2.5", "min_val_accuracy=0.1"], 2),
        (["epoch=last", "min_val_accuracy=0.5"], 3),
        (["monitor=val_loss", "max_val_loss=2.5"], 2), (["monitor=train_loss", "max_train_loss=2"], 3),
    ])
    func aModelThatIsGoodEnoughPasses(_ sets: [String], _ epoch: Int) async throws {
        let world = try world()
        #expect(await check(world, sets) == 0, "\(world.diagnostics.text)")
        #expect(world.result?["passed"] == true && world.result?["epoch"]?.intValue == epoch)
    }

    @Test func everyMissIsNamedWithItsDistance() async throws {
        let world = try world()
        #expect(await check(world, ["min_val_accuracy=0.75", "max_val_loss=2.25", "max_train_loss=9"]) == 1)
        let last = world.diagnostics.lines.last ?? ""
        #expect(last.contains("epoch 2: val_accuracy is 0.6000, 0.1500 below 0.7500 (min_val_accuracy)"))
        #expect(last.contains("val_loss is 2.5000, 0.2500 above 2.2500 (max_val_loss)"))
        #expect(!last.contains("train_loss"))
        #expect(world.events("check").map { $0["passed"] } == [false, false, true])
        #expect(world.output.text.isEmpty)
    }

    @Test func whatIsNoNumberPassesNothing() async throws {
        let world = TestWorld()
        try world.folder.write(#"{"epoch": 1, "val_loss": NaN, "val_accuracy": 0.5}"#, to: "run/model/metrics.jsonl")
        #expect(await check(world, ["max_val_loss=100"]) == 1)
        #expect(world.diagnostics.text.contains("val_loss is not a number"))
    }

    @Test(arguments: [
        (["max_regression=-1"], "max_regression: -1.0 is not allowed, give a number from 0.0 to"),
        (["max_regression=1e10"], "max_regression: 10000000000.0 is not allowed"),
        ([], "nothing to check"), (["min_val_acuracy=0.5"], "did you mean 'val_accuracy'?"),
        (["monitor=nope", "min_val_accuracy=0"], "parameter monitor"), (["min_val_accuracy=high"], "is not allowed"),
    ])
    func misuseIsRefused(_ sets: [String], _ message: String) async throws {
        let world = try world()
        #expect(await check(world, sets) == 64)
        #expect(world.diagnostics.text.contains(message), "\(world.diagnostics.text)")
    }

    @Test(arguments: [("", "no epoch in it"), ("{\"epoch\": 1}\nnope\n", "line 2: not a JSON object")])
    func aDamagedLogIsNamedWithItsLine(_ text: String, _ message: String) async throws {
        let world = TestWorld()
        try world.folder.write(text, to: "run/model/metrics.jsonl")
        #expect(await check(world, ["min_val_accuracy=0"]) == 1)
        #expect(world.diagnostics.text.contains(message))
    }

    @Test func aMissingLogNamesTheStageThatWritesIt() async {
        let world = TestWorld()
        #expect(await check(world, ["min_val_accuracy=0"]) == 1)
        #expect(world.diagnostics.text.contains("it is written by train_model"))
    }

    private func summary(_ accuracy: Double, images: Int = 100, sum: String? = "abc") -> String {
        var dataset: JSONObject = ["dataset": "cifar100", "train_images": .int(images)]
        if let sum { for name in DataIdentity.checkSums { dataset[name] = .string(sum) } }
        let summary = TrainingSummary(
            dataset: dataset, model: "resnet18", parameters: [:],
            epochs: 3,
            best: MetricRecord(epoch: 2, values: ["val_accuracy": .double(accuracy), "val_loss": 2.0]))
        return summary.json.serialized()
    }

    @Test func theBestComparableEarlierRunIsTheBar() async throws {
        let world = try world()
        try world.folder.write(summary(0.6), to: "run/model/summary.json")
        let baseline = "baseline=\(world.folder.path)"
        #expect(await check(world, [baseline]) == 0)
        #expect(world.result?["baseline"] == .null)
        #expect(world.events("no_comparable_run").first?["baseline"] == .string(world.folder.path))
        try world.folder.write(summary(0.5), to: "old1/model/summary.json")
        try world.folder.write(summary(0.75), to: "old2/model/summary.json")
        try world.folder.write(summary(0.99, images: 5), to: "otherdata/model/summary.json")
        try world.folder.write("broken", to: "broken/model/summary.json")
        #expect(await check(world, [baseline, "max_regression=0.2"]) == 0)
        #expect(world.result?["baseline"] == .string(world.folder.path + "/old2/model/summary.json"))
        #expect(await check(world, [baseline, "max_regression=0.1"]) == 1)
        #expect(world.diagnostics.lines.last?.contains("0.0500 below 0.6500 (best earlier run") == true)
        #expect(await check(world, [baseline, "baseline_metric=val_loss", "max_regression=0.4"]) == 1)
        #expect(await check(world, [baseline, "baseline_metric=val_loss", "max_regression=0.5"]) == 0)
    }

    @Test func aBaselineThatIsNotThereIsAnError() async throws {
        let world = try world()
        try world.folder.write(summary(0.6), to: "run/model/summary.json")
        #expect(await check(world, ["baseline=\(world.folder.path)/nowhere"]) == 1)
        #expect(world.diagnostics.text.contains("parameter baseline: \(world.folder.path)/nowhere: no such folder"))
    }

    @Test func summariesThatWereNotComparedAreTold() async throws {
        let world = try world()
        try world.folder.write(summary(0.6), to: "run/model/summary.json")
        try world.folder.write("broken", to: "broken/summary.json")
        try world.folder.write(summary(0.99, sum: "def"), to: "otherdata/summary.json")
        #expect(await check(world, ["baseline=\(world.folder.path)"]) == 0)
        let broken = JSONValue.string(world.folder.path + "/broken/summary.json")
        #expect(
            world.result?["baseline_runs"] == [
                "comparable": 0, "others": 1, "unverified": [], "unreadable": [broken],
            ])
        #expect(world.events("summary_unreadable").map { $0["path"] } == [broken])
        #expect(world.events("no_comparable_run").count == 1)
    }

    @Test func anEarlierRunWithoutCheckSumsIsComparedWithAWarning() async throws {
        let world = try world()
        try world.folder.write(summary(0.6), to: "run/model/summary.json")
        try world.folder.write(summary(0.75, sum: nil), to: "old/summary.json")
        #expect(await check(world, ["baseline=\(world.folder.path)"]) == 1)
        #expect(
            world.events("data_unverified").map { $0["path"] } == [.string(world.folder.path + "/old/summary.json")])
    }
}
