import CPosix
import Glibc
import PipelineTestSupport

/// Measures the executor of pods against the double in another process, over loopback and libcurl.
///
///     pods-benchmark serve SECONDS [PODS]        prints its URL, then its calls once its input ends
///     pods-benchmark latency|rate|calls|memory|waiting|restart URL [COUNT]
@main
struct PodBenchmark {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2 else { fatalError("usage: pods-benchmark serve SECONDS | LOAD URL [COUNT]") }
        guard arguments[0] != "serve" else { 
            return try serve(
                runSeconds: Double(arguments[1]) ?? 1, room: arguments.count > 2 ? Int(arguments[2]) ?? 1 : 100_000)
        }
        // As the program does.
        cposix_configure_allocator()
        let load = Load(url: arguments[1], count: arguments.count > 2 ? Int(arguments[2]) : nil)
        switch arguments[0] {
        case "latency": try await load.latency()
        case "rate": try await load.rate()
        case "calls": try await load.calls()
        case "memory": try await load.memory { $0.running }
        case "waiting": try await load.memory { $0.created }
        case "restart": try await load.restart()
        default: fatalError("unknown load \(arguments[0])")
        }
    }

    /// One node with room for so many pods, which run for so long.
    private static func serve(runSeconds: Double, room: Int) throws {
        let node = KubernetesDouble.Node("node-1", cpu: 100_000, memoryGiB: 100_000, pods: room)
        let double = KubernetesDouble(nodes: [node])
        double.script(.succeeds(after: .seconds(runSeconds), log: ["a line", "another"], message: "{\"rows\": 3}"))
        let server = try double.serve(inRealTime: true)
        print(server.url)
        fflush(nil)
        while readLine() != nil {}
        var counts: [String: Int] = [:]
        for call in double.calls {
            let name = "\(call.verb) \(call.resource?.rawValue ?? "-")" + (call.subresource.map { "/\($0)" } ?? "")
            counts[name, default: 0] += 1
        }
        print(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
        withExtendedLifetime(server) {}
    }
}
