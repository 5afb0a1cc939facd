import Foundation
import Testing

/// Metrics on their way from a stage to the tables and pictures.
@Suite struct MetricsCommandTests {
    /// The program in a pod is the program under test; a small network on a small set.
    private static let dag = """
        tiny:
          params: {data: {type: string}, model: {type: string, default: mlp}, train: {type: integer, default: 40}}
          tasks:
            fetch:
              operator: airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator
              name: fetch
              image: pipeline:latest
              cmds: [pipeline, stage, run]
              arguments: [fetch_data, --set, dataset=cifar10, --set, source=synthetic, --set, "train={{ params.train }}",
                --set, test=20, --set, "out={{ params.data }}/set"]
            train:
              operator: airflow.providers.cncf.kubernetes.operators.pod.KubernetesPodOperator
              name: train
              image: pipeline:latest
              cmds: [pipeline, stage, run]
              arguments: [train_model, --set, "data={{ params.data }}/set", --set, "out={{ params.data }}/out", --set,
                "model={{ params.model }}", --set, epochs=3, --set, batch_size=20, --set, threads=1, --set, resume=auto]
              dependencies: [fetch]
        """

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func ran(_ arguments: String...) throws -> (BuiltProgram, BuiltProgram.Result) {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dag])
        let result = try program.run(["run", "tiny", "--param", "data=\(program.home.path)/w"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return (program, result)
    }

    @Test func aRunEndsWithItsMetricsAndParameters() throws {
        let (program, result) = try ran()
        #expect(result.output.contains("task_id | metric"))
        #expect(result.output.contains("train   | val_f1_score"))
        #expect(result.output.contains("train   | optimizer"))
        #expect(!result.output.contains("pipeline_tracking"))
        let log = try program.run("tasks", "logs", "tiny", "latest", "train")
        #expect(log.output.contains("\"event\": \"epoch\"") && !log.output.contains("pipeline_tracking"))
    }

    @Test func documentsStayAloneOnStandardOutput() throws {
        let (program, result) = try ran("-o", "json")
        #expect(try json(result.output)["metrics"] == nil)
        #expect(result.errors.contains("train   | val_loss"))
        let shown = try json(try program.run("runs", "show", "tiny", "--metrics", "-o", "json").output)
        let metrics = try #require(shown["metrics"] as? [[String: Any]])
        let loss = try #require(metrics.first { $0["metric"] as? String == "val_loss" })
        #expect(loss["points"] as? Int == 3 && loss["task_id"] as? String == "train")
        let artifacts = try #require(shown["artifacts"] as? [[String: Any]])
        #expect(artifacts.contains { $0["artifact"] as? String == "best.safetensors" })
        #expect(artifacts.allSatisfy { ($0["sha256"] as? String)?.count == 64 })
        let params = try #require(shown["params"] as? [[String: Any]])
        #expect(params.contains { $0["param"] as? String == "synthetic" && $0["value"] as? Bool == true })
        #expect(try json(try program.run("runs", "show", "tiny", "-o", "json").output)["metrics"] == nil)
    }

    @Test func metricsAreListedAndDrawn() throws {
        let (program, _) = try ran("-q")
        let list = try program.run("metrics", "list", "tiny", "--metric", "val_loss", "--points", "-o", "plain")
        #expect(list.output.split(separator: "\n").count == 4)
        let plot = try program.run("metrics", "plot", "tiny", "latest", "-m", "train_loss", "-m", "val_loss")
        #expect(plot.output.contains("* train_loss") && plot.output.contains("+ val_loss"))
        #expect(plot.output.contains("epoch 3") && !plot.output.contains("\u{1B}"))
        for name in ["curve.svg", "curve.png"] {
            let drawn = try program.run("metrics", "plot", "tiny", "--output", name)
            #expect(drawn.status == 0 && drawn.output.isEmpty)
            #expect(try Data(contentsOf: program.home.appending(path: name)).count > 1_000)
        }
    }

    /// `pipeline` is killed when the first epoch is on record; the run is cleared and carried out to its end.
    @Test func metricsOutliveTheDeathOfTheProgram() throws {
        let program = try BuiltProgram(dags: ["dag.yaml": Self.dag])
        let log = program.home.appending(path: "w/out/metrics.jsonl")
        let running = try program.start([
            "run", "tiny", "--run-id", "one", "--param", "data=\(program.home.path)/w", "--param", "model=cnn",
            "--param", "train=400",
        ])
        while running.process.isRunning, (try? Data(contentsOf: log))?.isEmpty ?? true { usleep(2_000) }
        kill(running.process.processIdentifier, SIGKILL)
        _ = try running.wait()
        // The next run finds the interrupted one and marks it failed.
        #expect(try program.run("run", "tiny", "-q").errors.contains("tiny/one was interrupted"))
        #expect(try program.run("tasks", "clear", "tiny", "-r", "one", "-t", "train", "-y").status == 0)
        let resumed = try program.run("run", "tiny", "--run-id", "one", "-q")
        #expect(resumed.status == 0, "\(resumed.errors)")
        let list = try program.run("metrics", "list", "tiny", "one", "-m", "val_loss", "--points", "-o", "json")
        let points = try #require(try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]])
        #expect(points.compactMap { $0["epoch"] as? Int } == [1, 2, 3])
        #expect(points.last?["try_number"] as? Int == 2)
    }

    @Test func wrongNamesAreNamed() throws {
        let (program, _) = try ran("-q")
        let unknown = try program.run("metrics", "list", "tiny", "-m", "val_los")
        #expect(unknown.status == 1 && unknown.errors.contains("did you mean 'val_loss'?"))
        let format = try program.run("metrics", "plot", "tiny", "--output", "a.jpg")
        #expect(format.status == 64 && format.errors.contains("must end in .svg or .png"))
    }
}
