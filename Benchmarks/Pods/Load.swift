import Glibc
import K8sPodExecutor
import KubernetesClient
import PipelineCore

/// One load, and the figures it prints.
struct Load {
    private let url: String
    private let count: Int?

    init(url: String, count: Int?) {
        self.url = url
        self.count = count
    }

    /// Launches that come one by one: from the hand-over to the server's answer that the pod is there.
    func latency() async throws {
        let process = try BenchProcess(url)
        await process.start(0).created.wait()
        var times: [Duration] = []
        for index in 1...(count ?? 400) {
            let start = ContinuousClock.now
            let created = await process.start(index).created.wait()
            times.append(start.duration(to: created))
            try await Task.sleep(for: .milliseconds(10))
        }
        times.sort()
        print("ready to create: median \(times[times.count / 2]), p99 \(times[times.count * 99 / 100])")
        await process.end()
    }

    /// Launches that come all at once.
    func rate() async throws {
        let process = try BenchProcess(url)
        await process.start(0).created.wait()
        let start = ContinuousClock.now
        let launches = (1...(count ?? 1_500)).map { process.start($0) }
        for launch in launches { await launch.created.wait() }
        let seconds = start.duration(to: .now) / .seconds(1)
        print("creations: \(Int(Double(launches.count) / seconds)) a second")
        await process.end()
    }

    /// Pods from their launch to their result; the server prints what was called.
    func calls() async throws {
        let process = try BenchProcess(url)
        let launches = (0..<(count ?? 200)).map { process.start($0) }
        var good = 0
        for launch in launches where try await launch.task.value.exitCode == 0 { good += 1 }
        print("pods that ended well: \(good)")
        await process.end()
    }

    /// Pods that run, each with its log followed; or that wait for room.
    func memory(_ mark: @Sendable (BenchProcess.Launch) -> Mark) async throws {
        let process = try BenchProcess(url)
        await process.start(0).running.wait()
        let before = Self.residentKiB()
        let launches = (1...(count ?? 3_000)).map { process.start($0) }
        for launch in launches { await mark(launch).wait() }
        try await Task.sleep(for: .seconds(5))
        let after = Self.residentKiB()
        print("memory: \(before / 1_024) MiB with one pod, \((after - before) / 1_024) MiB more with \(launches.count)")
        await process.end()
    }

    /// A process dies over its pods, and the next one is handed the same launches.
    func restart() async throws {
        let count = count ?? 3_000
        let first = try BenchProcess(url)
        let launches = (0..<count).map { first.start($0) }
        for launch in launches { await launch.running.wait() }
        await first.end()
        let start = ContinuousClock.now
        let second = try BenchProcess(url)
        let again = (0..<count).map { second.start($0) }
        for launch in again { await launch.running.wait() }
        print("restart: \(count) pods are known again after \(start.duration(to: .now))")
        await second.end()
    }

    private static func residentKiB() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 256)
        guard fgets(&text, 256, file) != nil else { return 0 }
        let words = String(decoding: text.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return (Int(words[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) / 1_024
    }
}
