import Foundation
import Testing

@Suite struct BenchmarkCommandTests {
    private func figures(_ arguments: String...) throws -> [String: Any] {
        let result = try BuiltProgram().run(
            ["benchmark"] + arguments + ["--model", "mlp", "--steps", "5", "--threads", "1", "-o", "json"])
        #expect(result.status == 0, "\(result.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    @Test(arguments: [("train", 16), ("infer", 16), ("infer", 1)])
    func everyFigureIsThereAndPlausible(_ kind: String, _ batch: Int) throws {
        let figures = try figures(kind, "--batch", "\(batch)")
        #expect(figures["batch"] as? Int == batch)
        for name in ["wall_seconds", "cpu_seconds"] {
            let values = try #require(figures[name] as? [String: Double])
            #expect(Set(values.keys) == ["median", "min", "max", "spread"])
            #expect(
                (values["min"] ?? -1) <= (values["median"] ?? -1) && (values["median"] ?? 9) <= (values["max"] ?? 0))
        }
        #expect((figures["peak_rss_bytes"] as? Int ?? 0) > 1 << 20)
        #expect((figures["start_to_first_step_seconds"] as? Double ?? 99) < 60)
        #expect((figures["device"] as? String)?.hasPrefix("cpu") == true)
        #expect((figures["training_memory_bytes"] != nil) == (kind == "train"))
    }

    @Test func tablesKeepWholeNumbersWhole() throws {
        let result = try BuiltProgram().run(["benchmark", "infer", "--model", "mlp", "--steps", "1"])
        #expect(result.output.contains("parameters                      | 832484\n"), "\(result.output)")
    }

    @Test func inferenceHasNoOtherPrecision() throws {
        let result = try BuiltProgram().run(["benchmark", "infer", "--precision", "bf16"])
        #expect(result.status == 64 && result.errors.contains("inference computes in f32"), "\(result.errors)")
    }

    @Test(arguments: [
        (["--model", "resnet81"], 64, "did you mean 'resnet18'?"), (["--batch", "0"], 64, "--batch 0 is not allowed"),
        (["--precision", "f16"], 64, "give f32 or bf16"), (["--device", "tpu"], 64, "give auto, cpu or cuda"),
        (["--device", "cuda"], 1, "device cuda"), (["--steps", "0"], 64, "--steps 0 is not allowed"),
    ])
    func whatIsNotAllowedIsNamed(_ arguments: [String], _ code: Int32, _ message: String) throws {
        let result = try BuiltProgram().run(["benchmark", "train"] + arguments)
        #expect(result.status == code && result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
    }
}
