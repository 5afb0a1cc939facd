import Glibc
import PipelineCore
import Tensor
import Testing

@testable import Stages

@Suite struct TrainModelStageTests {
    @Test func aTrainingLearnsAndLeavesMetricsWeightsAndASummary() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "epochs=8", "augment=none") == 0, "\(fixture.world.diagnostics.text)")
        let records = try MetricsLog.epochs(in: fixture.path("out"))
        #expect(records.map(\.epoch) == Array(1...8))
        #expect(
            records[0].names == [
                "train_loss", "val_loss", "val_accuracy", "val_precision", "val_recall", "val_f1_score", "lr",
                "images_per_second",
            ])
        #expect((records[7]["train_loss"] ?? 9) < (records[0]["train_loss"] ?? 0))
        let result = try #require(fixture.world.result)
        #expect((result["metrics"]?["val_accuracy"]?.doubleValue ?? 0) > 0.3)
        #expect(result["checkpoint"] == .string(fixture.path("out/best.safetensors")))
        let summary = try #require(TrainingSummary.load(fixture.path("out/summary.json")))
        #expect(summary.best.epoch == result["best_epoch"]?.intValue && summary.epochs == 8)
        #expect(summary.dataset["train_images"] == 200 && summary.dataset["val_images"] == 60)
        #expect(fixture.world.events("epoch").count == 8)
    }

    @Test func theSameSeedGivesTheSameBits() async throws {
        let fixture = try await TrainingFixture()
        for (out, seed) in [("a", 1), ("b", 1), ("c", 2)] { #expect(await fixture.train(out, "seed=\(seed)") == 0) }
        #expect(try fixture.fingerprint("a") == fixture.fingerprint("b"))
        #expect(try fixture.fingerprint("a") != fixture.fingerprint("c"))
    }

    @Test(arguments: ["f32", "bf16"], ["1", "2", "3"])
    func batchesGotReadyAheadGiveTheSameBits(_ precision: String, _ threads: String) async throws {
        let fixture = try await TrainingFixture()
        for (out, prefetch) in [("ahead", "on"), ("plain", "off")] {
            #expect(
                await fixture.train(
                    out, "prefetch=\(prefetch)", "precision=\(precision)", "threads=\(threads)", "log_steps=true") == 0)
        }
        #expect(try fixture.fingerprint("ahead") == fixture.fingerprint("plain"))
    }

    @Test func theThreadIsTakenWhereACoreIsFree() {
        let found = PrefetchChoice.allCases.map { choice in (1...3).map { choice.isAhead(threads: $0, cores: 2) } }
        #expect(found == [[true, false, false], [true, true, true], [false, false, false]])
    }

    /// A request to end arrives while a batch is ready that no step takes; the resumed run may go without the thread.
    @Test(arguments: [("on", "off"), ("off", "on")])
    func aTrainingMayBeResumedWithOrWithoutTheThread(_ first: String, _ second: String) async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole", "log_steps=true") == 0)
        let error = await #expect(throws: StageError.self) {
            try await fixture.train("cut", endingAfter: 3, "log_steps=true", "prefetch=\(first)")
        }
        #expect(error?.code == .cancelled)
        #expect(try TrainingFiles(folder: fixture.path("cut")).savedRun().step == "3")
        #expect(await fixture.train("cut", "log_steps=true", "resume=auto", "prefetch=\(second)") == 0)
        #expect(try fixture.fingerprint("cut") == fixture.fingerprint("whole"))
    }

    /// Positions 1 to 4 are steps of the first epoch, 5 its validation, 6 to 9 and 10 those of the second.
    @Test(arguments: 1...9) func aTrainingThatIsEndedAnywhereResumesToTheSameBits(_ positions: Int) async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole", "log_steps=true") == 0)
        let error = await #expect(throws: StageError.self) {
            try await fixture.train("cut", endingAfter: positions, "log_steps=true")
        }
        #expect(error?.code == .cancelled && error?.message.contains("continues") == true)
        #expect(await fixture.train("cut", "log_steps=true", "resume=auto") == 0)
        #expect(try fixture.fingerprint("cut") == fixture.fingerprint("whole"))
    }

    @Test func anotherFolderCanTakeUpARun() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole") == 0)
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 7) }
        #expect(await fixture.train("next", "resume=\(fixture.path("cut"))") == 0)
        #expect(try fixture.fingerprint("next") == fixture.fingerprint("whole"))
    }

    /// The process dies between the two renames of a checkpoint: the state is new, the weights wait under another name.
    @Test func aCheckpointThatIsHalfRenamedIsWhole() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole") == 0)
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 2) }
        let old = try FileIO.read(fixture.path("cut/last.safetensors"))
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 2, "resume=auto") }
        try FileIO.move(fixture.path("cut/last.safetensors"), to: fixture.path("cut/last.safetensors.new"))
        try FileIO.writeAtomically(old, to: fixture.path("cut/last.safetensors"))
        #expect(await fixture.train("cut", "resume=auto") == 0)
        #expect(try fixture.fingerprint("cut") == fixture.fingerprint("whole"))
    }

    @Test func checkpointsInsideAnEpochCanBeResumed() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "checkpoint_steps=1", "epochs=1") == 0)
        let saved = try TrainingFiles(folder: fixture.path("out")).savedRun()
        #expect(saved.step == "4" && saved.progress.epoch == 1 && saved.progress.batch == 0)
    }

    @Test func aFinishedRunIsOnlyReportedAgain() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out") == 0)
        let before = try fixture.fingerprint("out")
        #expect(await fixture.train("out", "resume=auto") == 0)
        #expect(try fixture.fingerprint("out") == before)
    }

    @Test func aRunOfAnotherRecipeIsNotResumed() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out") == 0)
        #expect(await fixture.train("out", "resume=\(fixture.path("out"))", "lr=0.1") == 1)
        #expect(fixture.world.diagnostics.text.contains("has another value of lr"))
        #expect(await fixture.train("out", "resume=auto", "limit=100") == 0)
        #expect(
            fixture.world.events("not_resumed").first?["reason"]?.stringValue?.hasSuffix(
                "was trained on other data (train_images differs)") == true)
    }

    @Test func moreEpochsAreTheSameRunWhileTheRateIsConstant() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole", "schedule=constant", "epochs=3") == 0)
        #expect(await fixture.train("out", "schedule=constant", "epochs=2") == 0)
        #expect(await fixture.train("out", "schedule=constant", "epochs=3", "resume=auto") == 0)
        #expect(try fixture.fingerprint("out") == fixture.fingerprint("whole"))
    }

    @Test func aLossThatIsNotFiniteStopsWithStepAndCause() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "lr=1000", "schedule=constant", "epochs=9") == 1)
        let message = fixture.world.diagnostics.lines.last ?? ""
        #expect(
            message.contains("epoch 1, ") && message.contains("step ") && message.contains("smaller lr="), "\(message)")
        #expect(message.contains("there is no checkpoint yet") && !message.contains("-nan"), "\(message)")
        #expect(fixture.world.output.text.isEmpty)
    }

    @Test func aLaterLossThatIsNotFinitePointsToTheCheckpoint() async throws {
        let fixture = try await TrainingFixture()
        let sets = ["lr=1000", "schedule=constant", "epochs=9", "checkpoint_steps=1"]
        #expect(await fixture.train("out", sets[0], sets[1], sets[2], sets[3]) == 1)
        let message = fixture.world.diagnostics.lines.last ?? ""
        #expect(message.contains("the files in \(fixture.path("out")) are of the last good checkpoint"), "\(message)")
    }

    /// Other pixels under the same names and sizes.
    private func changePixels(of fixture: TrainingFixture) throws {
        let file = fixture.data + "/cifar-10-batches-bin/data_batch_2.bin"
        var bytes = try FileIO.read(file)
        bytes[2_000] ^= 1
        try FileIO.writeAtomically(bytes, to: file)
    }

    @Test func otherDataOfTheSameSizeAreNotResumedOn() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out") == 0)
        let sum = fixture.world.result?["train_sha256"]?.stringValue
        #expect(sum?.count == 64)
        #expect(TrainingSummary.load(fixture.path("out/summary.json"))?.dataset["train_sha256"]?.stringValue == sum)
        try changePixels(of: fixture)
        #expect(await fixture.train("out", "resume=\(fixture.path("out"))") == 1)
        #expect(
            fixture.world.diagnostics.text.contains(
                "the run in \(fixture.path("out")) was trained on other data (train_sha256 differs); give the same"))
    }

    /// A state as it was written before check sums were part of it.
    @Test func anOlderCheckpointIsResumedWithAWarning() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole") == 0)
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 7) }
        let state = fixture.path("cut/last.optimizer.safetensors")
        var file = try SafeTensors(contentsOf: state)
        var recipe = try JSONValue.parse(try #require(file.metadata["recipe"])).objectValue ?? [:]
        var dataset = recipe["dataset"]?.objectValue ?? [:]
        for name in DataIdentity.checkSums { dataset[name] = nil }
        recipe["dataset"] = .object(dataset)
        file.metadata["recipe"] = JSONValue.object(recipe).serialized()
        try FileIO.writeAtomically(file.encoded(), to: state)
        #expect(await fixture.train("cut", "resume=auto") == 0)
        #expect(fixture.world.events("data_unverified").count == 1 && fixture.world.events("resumed").count == 1)
        #expect(try fixture.fingerprint("cut") == fixture.fingerprint("whole"))
    }

    @Test(arguments: ["last.safetensors", "last.optimizer.safetensors"], ["auto", "folder"])
    func aDamagedCheckpointIsNamedWithTheWayOn(_ name: String, _ resume: String) async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "epochs=1") == 0)
        let path = fixture.path("out/" + name)
        try FileIO.writeAtomically(Array(try FileIO.read(path).dropLast(100)), to: path)
        let source = resume == "auto" ? "auto" : fixture.path("out")
        #expect(await fixture.train("out", "epochs=1", "resume=\(source)") == 1)
        let message = fixture.world.diagnostics.lines.last ?? ""
        #expect(
            message.contains("\(path): malformed: ")
                && message.contains("remove \(fixture.path("out/last.safetensors"))"))
        #expect(
            message.contains("init=\(fixture.path("out/best.safetensors"))")
                && FileIO.exists(fixture.path("out/best.safetensors")))
    }

    @Test func aSecondTrainingIsKeptOutOfTheFolder() async throws {
        let fixture = try await TrainingFixture()
        try FileIO.createDirectories(fixture.path("out"))
        var lock = try FileLock.take(fixture.path("out/.train_model.lock"))
        #expect(await fixture.train("out") == 1)
        #expect(fixture.world.diagnostics.text.contains("another train_model writes into \(fixture.path("out"))"))
        #expect(try FileIO.names(in: fixture.path("out")) == [".train_model.lock"] && lock != nil)
        lock = nil
        #expect(await fixture.train("out") == 0)
        #expect(!FileIO.exists(fixture.path("out/.train_model.lock")))
    }

    @Test func halvesOfFilesFromAKilledTrainingGoAway() async throws {
        let fixture = try await TrainingFixture()
        let stale = [
            "best.safetensors.2147483647.tmp", "last.optimizer.safetensors.new.2147483647.tmp",
            "summary.json.tmp-2147483647",
        ]
        let others = ["best.safetensors.mine.tmp", "notes.2147483647.tmp"]
        for name in stale + others { try fixture.world.folder.write("", to: "out/" + name) }
        #expect(await fixture.train("out", "epochs=1") == 0)
        let names = try FileIO.names(in: fixture.path("out"))
        #expect(names.filter { $0.contains("tmp") } == others)
    }

    @Test func equalTrainingsHaveEqualStates() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out") == 0)
        let state = try SafeTensors(contentsOf: fixture.path("out/last.optimizer.safetensors"))
        #expect(!state.metadata.values.contains { $0.contains("images_per_second") })
        // A run that is only reported again still knows its speed, from the log.
        let speed = fixture.world.result?["metrics"]?["images_per_second"]
        #expect(await fixture.train("out", "resume=auto") == 0)
        #expect(speed != nil && fixture.world.result?["metrics"]?["images_per_second"] == speed)
    }

    @Test func wantOfMemoryComesWithAdvice() {
        let error = StageError(
            TensorError(.outOfMemory, "no memory for 9 bytes"), memoryAdvice: "give a smaller batch_size= than 64")
        #expect(
            error.code == .unsupported && error.message == "no memory for 9 bytes; give a smaller batch_size= than 64")
    }

    /// The name under which the last checkpoint is written leads to a device without room.
    @Test func aFullDiskIsNamedAndTheCheckpointBeforeItResumes() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("whole") == 0)
        await #expect(throws: StageError.self) { try await fixture.train("cut", endingAfter: 6) }
        let temporary = fixture.path("cut/last.safetensors.new.\(getpid()).tmp")
        #expect(symlink("/dev/full", temporary) == 0)
        #expect(await fixture.train("cut", "resume=auto") == 1)
        let text = fixture.world.diagnostics.text
        #expect(text.contains("No space left on device") && text.contains("continue with resume="), "\(text)")
        #expect(await fixture.train("cut", "resume=auto") == 0)
        #expect(try fixture.fingerprint("cut") == fixture.fingerprint("whole"))
    }

    @Test func trainingEndsWhenNothingGetsBetter() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "lr=0", "schedule=constant", "epochs=9", "early_stopping_patience=2") == 0)
        #expect(fixture.world.result?["epochs"] == 3 && fixture.world.result?["stopped_early"] == true)
        #expect(fixture.world.result?["best_epoch"] == 1)
    }

    @Test func stepsAreLoggedWhenAskedFor() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("out", "log_steps=true", "limit=100", "shuffle=false") == 0)
        let lines = try FileIO.readText(fixture.path("out/metrics.jsonl")).split(separator: "\n").map {
            try JSONValue.parse(String($0))
        }
        #expect(lines.compactMap { $0["step"]?.intValue } == [0, 1, 2, 3])
        #expect(lines[0].objectValue?.keys == ["step", "loss", "lr"] && lines.count == 6)
    }

    @Test func weightsOfAnEarlierTrainingAreAStart() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("a", "epochs=8", "augment=none") == 0)
        #expect(
            await fixture.train("b", "init=\(fixture.path("a/best.safetensors"))", "log_steps=true", "augment=none")
                == 0)
        #expect(await fixture.train("c", "log_steps=true", "augment=none") == 0)
        let losses = try ["b", "c"].map { out in
            let line = try FileIO.readText(fixture.path("\(out)/metrics.jsonl")).split(separator: "\n").first ?? ""
            return try #require(try JSONValue.parse(String(line))["loss"]?.doubleValue)
        }
        #expect(losses[0] < losses[1] - 0.3)
    }

    @Test(arguments: [
        (["init=nowhere.safetensors"], 1, "nowhere.safetensors"),
        (["resume=nowhere"], 1, "nowhere holds no last.safetensors"),
        (["device=cuda"], 1, "this build has no CUDA backend; use device cpu"), (["precision=f16"], 64, "f32"),
        (["init=a", "resume=b"], 64, "exclude each other"),
        (["model=resnet50"], 64, "one of resnet18"), (["data=nowhere"], 1, "run fetch_data with out=nowhere first"),
    ])
    func badInputIsNamed(_ sets: [String], _ code: Int, _ message: String) async throws {
        let fixture = try await TrainingFixture()
        let found = await fixture.train("out", sets[0], sets.count > 1 ? sets[1] : "epochs=1")
        #expect(Int(found) == code)
        #expect(fixture.world.diagnostics.text.contains(message), "\(fixture.world.diagnostics.text)")
    }

    @Test func weightsOfAnotherModelAreRefused() async throws {
        let fixture = try await TrainingFixture()
        #expect(await fixture.train("a", "epochs=1") == 0)
        #expect(await fixture.train("b", "model=cnn", "init=\(fixture.path("a/best.safetensors"))") == 1)
        #expect(fixture.world.diagnostics.text.contains("it is of another model"))
    }

    @Test func aLabelOutOfRangeIsNamedWithItsRow() async throws {
        let fixture = try await TrainingFixture()
        let file = fixture.data + "/cifar-10-batches-bin/data_batch_2.bin"
        var bytes = try FileIO.read(file)
        bytes[3_073 * 4] = 10
        try FileIO.writeAtomically(bytes, to: file)
        #expect(await fixture.train("out") == 1)
        #expect(fixture.world.diagnostics.text.contains("data_batch_2.bin: row 4 has label 10"))
    }
}
