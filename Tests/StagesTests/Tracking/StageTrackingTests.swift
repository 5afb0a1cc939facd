import PipelineCore
import Testing

@testable import Stages

@Suite struct StageTrackingTests {
    /// The reports among the lines that a stage wrote.
    private func reports(_ world: TestWorld) throws -> [TrackingReport] {
        try world.diagnostics.lines.filter(TrackingReport.isReport).map { try TrackingReport(line: $0) }
    }

    private func tracked() async throws -> TrainingFixture {
        var fixture = try await TrainingFixture()
        fixture.world.environment["PIPELINE_TRACKING"] = "log"
        return fixture
    }

    @Test func nothingIsReportedWhereNobodyAsks() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out") == 0)
        #expect(try reports(fixture.world).isEmpty)
    }

    @Test func aTrainingReportsItsRecipeEpochsAndFiles() async throws {
        let fixture = try await tracked()
        #expect(await fixture.train("out", "log_steps=true") == 0)
        let all = try reports(fixture.world)
        #expect(all.flatMap(\.params).last { $0.key == "lr" }?.value == 0.05)
        #expect(all.flatMap(\.params).contains { $0.key == "augment" && $0.value == "standard" })
        let epochs = all.filter { $0.epoch != nil }
        #expect(epochs.map(\.step) == [4, 8] && epochs.map(\.epoch) == [1, 2])
        #expect(epochs[1].metrics.map(\.name).contains("val_f1_score"))
        let steps = all.filter { $0.metrics.first?.name == "step_loss" }
        #expect(steps.map(\.step) == Array(0..<8))
        let files = all.flatMap(\.artifacts)
        #expect(files.map(\.name) == ["best.safetensors", "last.safetensors", "metrics.jsonl", "summary.json"])
        #expect(files[0].sha256 == (try FileDigest.sha256(of: fixture.path("out/best.safetensors"))))
        #expect(files[0].bytes == FileIO.size(of: fixture.path("out/best.safetensors")))
    }

    @Test func whatWasLeftOutIsReportedAsItWasResolved() async throws {
        let fixture = try await tracked()
        #expect(await fixture.train("out", "epochs=1", "optimizer=adamw") == 0)
        let params = JSONObject(try reports(fixture.world).flatMap(\.params).map { ($0.key, $0.value) })
        #expect(params["weight_decay"] == 0.01 && params["init"] == nil && params["dataset"] == "cifar10")
    }

    /// Whoever keeps record may have died with the first process: a resumed run tells all again.
    @Test func aResumedTrainingReportsTheEarlierEpochsAgain() async throws {
        let fixture = try await tracked()
        #expect(await fixture.train("whole", "log_steps=true") == 0)
        let whole = try reports(fixture.world).filter { !$0.metrics.isEmpty }
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 7, "log_steps=true") }
        let before = try reports(fixture.world).count
        #expect(await fixture.train("cut", "log_steps=true", "resume=auto") == 0)
        let again = try reports(fixture.world).dropFirst(before).filter { !$0.metrics.isEmpty }
        func values(_ reports: some Sequence<TrackingReport>) -> [String] {
            reports.flatMap { report in
                report.metrics.filter { $0.name != "images_per_second" }.map { "\(report.step) \($0.name) \($0.value)" }
            }.sorted()
        }
        #expect(values(again) == values(whole))
    }

    @Test func theOtherStagesReportToo() async throws {
        let fixture = try await tracked()
        let world = fixture.world
        let out = fixture.path("set")
        #expect(await world.run("fetch_data", "source=synthetic", "train=100", "test=100", "out=\(out)") == 0)
        let fetched = try reports(world)
        #expect(fetched.flatMap(\.params).contains { $0.key == "synthetic" && $0.value == true })
        #expect(fetched.flatMap(\.artifacts).map(\.name).contains("cifar-100-binary/train.bin"))
        #expect(fetched.flatMap(\.artifacts).last?.name == "manifest.json")
        #expect(await fixture.train("out", "epochs=1") == 0)
        #expect(await world.run("check_metrics", "metrics=\(fixture.path("out"))", "max_val_loss=100") == 0)
        #expect(try reports(world).last?.metrics.map(\.name) == ["max_val_loss_margin"])
        let checkpoint = "checkpoint=\(fixture.path("out/best.safetensors"))"
        let predictions = fixture.path("predictions")
        #expect(await world.run("infer", "data=\(fixture.data)", checkpoint, "out=\(predictions)") == 0)
        let inferred = try reports(world).suffix(4)
        #expect(inferred.flatMap(\.metrics).map(\.name).contains("top5_accuracy"))
        #expect(inferred.flatMap(\.artifacts).map(\.name) == ["predictions.json", "contact_sheet.png"])
    }

    @Test func aMissedThresholdIsOnRecord() async throws {
        let fixture = try await tracked()
        #expect(await fixture.train("out", "epochs=1") == 0)
        let metrics = "metrics=\(fixture.path("out"))"
        #expect(await fixture.world.run("check_metrics", metrics, "min_val_accuracy=1") == 1)
        let margin = try #require(try reports(fixture.world).last?.metrics.first)
        #expect(margin.name == "min_val_accuracy_margin" && margin.value < 0)
    }

    @Test func credentialsOfAURLStayOutOfTheRecord() async throws {
        let fixture = try await tracked()
        let source = "source=https://me:secret@example.test/cifar.tar.gz?token=secret"
        #expect(await fixture.world.run("fetch_data", source, "out=\(fixture.path("x"))") == 1)
        let line = try #require(try reports(fixture.world).first).line
        #expect(line.contains("https://example.test/cifar.tar.gz") && !line.contains("secret"))
    }
}
