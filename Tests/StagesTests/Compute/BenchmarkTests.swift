import PipelineCore
import Tensor
import Testing

@testable import Stages

@Suite struct BenchmarkTests {
    private func benchmark(_ kind: Benchmark.Kind, threads: Int? = nil, precision: String = "f32") -> Benchmark {
        Benchmark(
            kind,
            BenchmarkOptions(
                model: "mlp", classes: 10, batch: 1, steps: 1, warmup: 0, threads: threads, device: "cpu",
                precision: precision))
    }

    @Test func theThreadsThatWereUsedAreReported() throws {
        var all = benchmark(.infer)
        #expect(try all.run()["threads"] == .int(Device.availableCores))
        var one = benchmark(.train, threads: 1)
        #expect(try one.run()["threads"] == 1)
    }

    @Test func inferenceInBF16IsAWrongCall() {
        var benchmark = benchmark(.infer, precision: "bf16")
        let error = #expect(throws: StageError.self) { try benchmark.run() }
        #expect(error?.code == .misuse)
    }
}
