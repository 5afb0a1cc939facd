import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import Synchronization
import Testing

/// The process dies at each of its calls in turn, before or after the call took effect, and another one goes on.
@Suite(.timeLimit(.minutes(20)))
struct CrashAtEveryCallTests {
    /// Five pods of one run, each with its own end, and what they leave.
    private static let tasks: [(id: String, script: PodScript, result: String, lines: [String])] = [
        ("quick", .succeeds(after: .seconds(1), log: ["q1"], message: "1"), "0/1", ["q1"]),
        ("slow", .succeeds(after: .seconds(9), log: ["s1", "s2", "s3"], message: "2"), "0/2", ["s1", "s2", "s3"]),
        ("bad", .fails(3, after: .seconds(3), log: ["b1", "b2"], message: "3"), "3/3", ["b1", "b2"]),
        ("unseen", .runningNeverSeen, "0/nil", []),
        ("late", .ends(.init(0, message: "5"), after: .seconds(4), log: ["l1", "l1"], lag: .seconds(4)), "0/5", ["l1", "l1"]),
    ]

    private static let launches = tasks.map { PodHarness.launch($0.id) }

    private static func harness() -> PodHarness {
        // Pods stay, so that a second one of a launch would be seen.
        let harness = PodHarness { $0.finishedPodDelay = .seconds(3_600) }
        for task in tasks { harness.double.script(task.script, for: .label("task_id", task.id)) }
        return harness
    }

    private static func begin(
        _ harness: PodHarness, _ reporters: [RecordingReporter], on executor: PodExecutor? = nil
    ) -> [Launched] {
        zip(launches, reporters).map { harness.start($0, PodHarness.attributes(), $1, on: executor) }
    }

    private static func text(_ launched: Launched) async -> String {
        do {
            let result = try await launched.task.value
            return "\(result.exitCode)/\(result.result.map { $0.isEmpty ? "nil" : $0 } ?? "nil")"
        } catch {
            return "\(error)"
        }
    }

    private static func check(_ harness: PodHarness, _ launched: [Launched], lines: [[String]], _ name: Comment) async {
        for (index, task) in tasks.enumerated() {
            #expect(await text(launched[index]) == task.result, name)
            #expect(lines[index] == task.lines, name)
        }
        let pods = harness.double.objects(.pods).map(\.podName)
        #expect(Set(pods).count == tasks.count, name)
        #expect(Set(harness.created).count == tasks.count, name)
        #expect(harness.double.livePods.isEmpty, name)
    }

    /// How many calls it takes when nothing happens.
    private static func callCount() async -> Int {
        let harness = harness()
        let reporters = tasks.map { _ in RecordingReporter() }
        let launched = begin(harness, reporters)
        #expect(await harness.double.advance(atMost: .seconds(60)) { launched.allSatisfy(\.isOver) })
        await check(harness, launched, lines: reporters.map(\.record.lines), "undisturbed")
        return harness.double.calls.count
    }

    @Test func noPodIsDoubledAndNothingIsLost() async throws {
        let count = await Self.callCount()
        #expect(count > 10)
        for call in 1...count {
            for moment in [KubernetesDouble.Moment.beforeEffect, .afterEffect] {
                await crash(at: call, moment)
            }
        }
    }

    private func crash(at call: Int, _ moment: KubernetesDouble.Moment) async {
        let harness = Self.harness()
        let first = Self.tasks.map { _ in RecordingReporter() }
        let isDead = Flag()
        harness.double.crash(atCall: call, moment) {
            for reporter in first { reporter.die() }
            isDead.raise()
        }
        let launched = Self.begin(harness, first)
        let happened = await harness.double.advance(atMost: .seconds(3_600)) { isDead.isRaised }
        #expect(happened || launched.allSatisfy(\.isOver))
        harness.die(launched, first)

        // None of the results was committed: all launches are handed over again.
        let second = first.map { reporter in
            let next = RecordingReporter()
            next.hasWritten(reporter.left)
            return next
        }
        let (executor, running) = harness.restarted { $0.finishedPodDelay = .seconds(3_600) }
        defer { running.cancel() }
        let again = Self.begin(harness, second, on: executor)
        let ended = await harness.double.advance(atMost: .seconds(3_600)) { again.allSatisfy(\.isOver) }
        #expect(ended, "call \(call), \(moment)")
        guard ended else { return harness.die(again, second) }
        let lines = zip(first, second).map { $0.record.lines + $1.record.lines }
        await Self.check(harness, again, lines: lines, "call \(call), \(moment)")
    }

    // MARK: - With a store

    /// Ends are committed as they come, and pods deleted soon after: the next process asks for those only whose end is not
    /// in the store, and sweeps what is left of the others.
    @Test func whatIsInTheStoreIsSweptAndTheRestIsFound() async throws {
        let calls = try await storedRun(crashingAt: nil)
        #expect(calls > 12)
        for call in 1...calls {
            for moment in [KubernetesDouble.Moment.beforeEffect, .afterEffect] {
                _ = try await storedRun(crashingAt: (call, moment))
            }
        }
    }

    /// The launches of a process, each of which commits its end when it has one.
    private func committing(
        _ harness: PodHarness, _ reporters: [RecordingReporter], _ store: CommittedEnds, on executor: PodExecutor,
        isDead: Flag
    ) -> [Launched] {
        zip(Self.launches, reporters).compactMap { launch, reporter in
            guard store.result(of: launch.id) == nil else { return nil }
            let launched = harness.start(launch, PodHarness.attributes(), reporter, on: executor)
            return Launched(
                Task {
                    let result = await launched.task.result
                    if !isDead.isRaised, let value = try? result.get() {
                        store.commit(launch.id, value)
                        executor.endIsDurable(launch.id)
                    }
                    return try result.get()
                })
        }
    }

    private func storedRun(crashingAt place: (call: Int, moment: KubernetesDouble.Moment)?) async throws -> Int {
        let name: Comment = "\(String(describing: place))"
        let harness = PodHarness { $0.finishedPodDelay = .seconds(2) }
        for task in Self.tasks { harness.double.script(task.script, for: .label("task_id", task.id)) }
        let (store, isDead) = (CommittedEnds(), Flag())
        let first = Self.tasks.map { _ in RecordingReporter() }
        if let place {
            harness.double.crash(atCall: place.call, place.moment) {
                for reporter in first { reporter.die() }
                isDead.raise()
            }
        }
        let launched = committing(harness, first, store, on: harness.executor, isDead: isDead)
        let seen = Seen(harness.double)
        let isDone = { @Sendable in
            seen.look()
            return isDead.isRaised || launched.allSatisfy(\.isOver) && harness.double.objects(.pods).isEmpty
        }
        #expect(await harness.double.advance(atMost: .seconds(3_600)) { isDone() }, name)
        let calls = harness.double.calls.count
        harness.die(launched, first)

        let second = first.map { reporter in
            let next = RecordingReporter()
            next.hasWritten(reporter.left)
            return next
        }
        let (executor, running) = harness.restarted { $0.finishedPodDelay = .seconds(2) }
        defer { running.cancel() }
        let again = committing(harness, second, store, on: executor, isDead: Flag())
        let sweep = Task { try await executor.sweep { launch, _ in store.result(of: launch) != nil } }
        let isOver = await harness.double.advance(atMost: .seconds(3_600)) {
            seen.look()
            return again.allSatisfy(\.isOver) && harness.double.objects(.pods).isEmpty
        }
        #expect(isOver, name)
        sweep.cancel()
        for (index, task) in Self.tasks.enumerated() {
            let result = store.result(of: Self.launches[index].id)
            let text = result.map { "\($0.exitCode)/\($0.result.map { $0.isEmpty ? "nil" : $0 } ?? "nil")" }
            #expect(text == task.result, name)
            #expect(first[index].record.lines + second[index].record.lines == task.lines, name)
        }
        #expect(harness.double.livePods.isEmpty && Set(harness.created).count == Self.tasks.count, name)
        // A deletion comes after its commit: no pod is made a second time.
        #expect(seen.count == Self.tasks.count, name)
        return calls
    }
}

/// All pods that there have been.
private final class Seen: Sendable {
    private let double: KubernetesDouble
    private let uids = Mutex<Set<String>>([])

    init(_ double: KubernetesDouble) { self.double = double }

    var count: Int { uids.withLock { $0.count } }

    func look() {
        let found = double.objects(.pods).compactMap { $0["metadata"]?["uid"]?.stringValue }
        uids.withLock { $0.formUnion(found) }
    }
}

/// The ends that a store holds.
private final class CommittedEnds: Sendable {
    private let results = Mutex<[LaunchID: PodResult]>([:])

    func commit(_ launch: LaunchID, _ result: PodResult) { results.withLock { $0[launch] = result } }
    func result(of launch: LaunchID) -> PodResult? { results.withLock { $0[launch] } }
}
