import PipelineCore
import Synchronization

@testable import Stages

/// Sets the flag after so many looks at where the work stands: a request to end at a chosen step.
final class EndingProgress: ProgressReporter {
    private let remaining: Mutex<Int>
    private let cancellation: CancellationFlag

    init(after positions: Int, _ cancellation: CancellationFlag) {
        remaining = Mutex(positions)
        self.cancellation = cancellation
    }

    func event(_ name: String, _ fields: JSONObject) {}

    func position(_ position: ProgressPosition) {
        let isDue = remaining.withLock { remaining in
            remaining -= 1
            return remaining == 0
        }
        if isDue { cancellation.set() }
    }
}

/// A small synthetic CIFAR-10 and trainings on it that take milliseconds.
struct TrainingFixture: Sendable {
    var world = TestWorld()

    /// 200 training and 60 test images.
    init() async throws {
        let set = SyntheticDataset(format: .cifar10, trainImages: 200, testImages: 60, seed: 1)
        try set.write(to: data + "/cifar-10-batches-bin", cancellation: CancellationFlag())
    }

    var data: String { world.folder.path + "/data" }

    func path(_ name: String) -> String { world.folder.path + "/" + name }

    private func sets(_ out: String, _ more: [String]) -> [String] {
        ["data=\(data)", "out=\(path(out))", "model=mlp", "epochs=2", "batch_size=64", "lr=0.05", "threads=1"] + more
    }

    /// Trains four steps an epoch as the command line does.
    func train(_ out: String, _ more: String...) async -> Int32 {
        await StageCommandLine.run(name: "train_model", sets: sets(out, more), host: world.host)
    }

    /// Trains until so many positions (steps, validations) were reported.
    func train(_ out: String, endingAfter positions: Int, _ more: String...) async throws {
        let stage = TrainModelStage()
        let cancellation = CancellationFlag()
        let context = StageContext(
            parameters: try StageParameters.read(sets: sets(out, more), environment: [:], for: stage), environment: [:],
            clock: world.host.clock, progress: EndingProgress(after: positions, cancellation),
            cancellation: cancellation,
            makeHTTPClient: world.host.makeHTTPClient)
        _ = try await stage.run(context)
    }

    /// What must not depend on interruptions: the weights, the optimizer's arrays and the metrics without times.
    func fingerprint(_ out: String) throws -> [String] {
        let lines = try FileIO.readText(path(out) + "/metrics.jsonl").split(separator: "\n").map { line in
            var object = try JSONValue.parse(String(line)).objectValue ?? [:]
            object["images_per_second"] = nil
            return JSONValue.object(object).serialized()
        }
        return lines
            + (try ["best", "last", "last.optimizer"].map {
                try FileDigest.sha256(of: path(out) + "/\($0).safetensors")
            })
    }
}
