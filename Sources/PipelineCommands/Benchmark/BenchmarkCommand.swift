import ArgumentParser
import PipelineCore
import Stages

struct BenchmarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Measure what this machine does with a model, on made-up images.",
        subcommands: [BenchmarkTrain.self, BenchmarkInfer.self])
}

struct BenchmarkTrain: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Measure training steps: forward, backward, optimizer.")
    @OptionGroup var measured: MeasuredOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Images of a step.") var batch = 128

    func execute() async throws { try measured.run(.train, batch: batch, output) }
}

struct BenchmarkInfer: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer", abstract: "Measure forward passes of a trained network.")
    @OptionGroup var measured: MeasuredOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Images of a pass.") var batch = 1

    func execute() async throws { try measured.run(.infer, batch: batch, output) }
}

/// What both measure.
struct MeasuredOptions: ParsableArguments {
    @Option(help: "The network: resnet18, resnet34, cnn or mlp.") var model = "resnet18"
    @Option(help: "Classes of the network.") var classes = 100
    @Option(help: "Steps that count.") var steps = 10
    @Option(help: "Steps before them.") var warmup = 2
    @Option(help: "CPU threads; left out: one for each core.") var threads: Int?
    @Option(help: "auto, cpu or cuda.") var device = "auto"
    @Option(help: "Of activations in training: f32 or bf16.") var precision = "f32"

    /// Measures and prints. Times are seconds of a step, memory is in bytes.
    func run(_ kind: Benchmark.Kind, batch: Int, _ output: OutputOptions) throws {
        let options = BenchmarkOptions(
            model: model, classes: classes, batch: batch, steps: steps, warmup: warmup, threads: threads,
            device: device, precision: precision)
        var benchmark = Benchmark(kind, options)
        do {
            print(try benchmark.run(), output.output)
        } catch {
            if error.code == .misuse { throw UsageError(error.description) }
            throw error
        }
    }

    private func print(_ report: JSONObject, _ format: OutputFormat) {
        switch format {
        case .json: Terminal.print(JSONValue.object(report).serialized(.pretty))
        case .yaml: Terminal.print(YAMLWriter.text(.object(report)))
        case .table, .plain:
            let rows = report.map { name, value in
                JSONObject([("figure", .string(name)), ("value", .string(Self.text(value)))])
            }
            Terminal.print(Table(columns: ["figure", "value"], rows: rows).rendered(format))
        }
    }

    /// `median 0.0121 (min 0.0119, max 0.013, spread 0.0002)` for repeated measurements.
    private static func text(_ value: JSONValue) -> String {
        if case .double(let number) = value { return ShortNumber.text(number) }
        guard let members = value.objectValue else { return Table.text(of: value) }
        let parts = members.map { "\($0.key) \(ShortNumber.text($0.value.doubleValue ?? .nan))" }
        return "\(parts[0]) (\(parts.dropFirst().joined(separator: ", ")))"
    }
}
