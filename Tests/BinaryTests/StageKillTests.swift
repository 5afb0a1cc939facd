import Foundation
import Testing

/// Trainings of the built program that are ended from outside, at several steps, and taken up again.
@Suite struct StageKillTests {
    private let program: BuiltProgram

    init() throws {
        program = try BuiltProgram()
        let sets = ["dataset=cifar10", "source=synthetic", "train=160", "test=40", "out=data"]
        let result = try program.run(["stage", "run", "fetch_data"] + Self.arguments(sets))
        #expect(result.status == 0, "\(result.errors)")
    }

    private static func arguments(_ sets: [String]) -> [String] { sets.flatMap { ["--set", $0] } }

    /// 30 steps, a checkpoint after each third.
    private func training(_ out: String, _ more: String...) -> [String] {
        let sets = ["out=\(out)", "model=cnn", "epochs=3", "batch_size=16", "log_steps=true", "checkpoint_steps=3"]
        return ["stage", "run", "train_model"] + Self.arguments(sets + more)
    }

    /// The bytes of the checkpoints, and the metrics without times.
    private func fingerprint(_ out: String) throws -> [Data] {
        let folder = program.home.appending(path: out)
        let log = String(decoding: try Data(contentsOf: folder.appending(path: "metrics.jsonl")), as: UTF8.self)
        let lines = try log.split(separator: "\n").map { line in
            var object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            object["images_per_second"] = nil
            return try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
        }
        return lines
            + (try ["best.safetensors", "last.safetensors"].map {
                try Data(contentsOf: folder.appending(path: $0))
            })
    }

    @Test func killedAtAnyStepItEndsWithTheSameBits() throws {
        #expect(try program.run(training("whole")).status == 0)
        let whole = try fingerprint("whole")
        for step in [0, 4, 11, 20, 29] {
            let running = try program.start(training("cut\(step)"))
            #expect(try running.waitForErrors(containing: "\"step\": \(step),"))
            kill(running.process.processIdentifier, SIGKILL)
            _ = try running.wait()
            let resumed = try program.run(training("cut\(step)", "resume=auto"))
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try fingerprint("cut\(step)") == whole, "killed after step \(step)")
        }
    }

    @Test func askedToEndItLeavesACheckpointAndCode1() throws {
        #expect(try program.run(training("whole")).status == 0)
        for step in [2, 16] {
            let running = try program.start(training("cut\(step)"))
            #expect(try running.waitForErrors(containing: "\"step\": \(step),"))
            running.process.terminate()
            let ended = try running.wait()
            #expect(ended.status == 1 && ended.output.isEmpty)
            #expect(ended.errors.contains("the checkpoint is written, resume=cut\(step) continues"))
            #expect(try program.run(training("cut\(step)", "resume=auto")).errors.contains("\"event\": \"resumed\""))
            #expect(try fingerprint("cut\(step)") == (try fingerprint("whole")))
        }
    }
}
