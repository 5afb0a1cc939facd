import PipelineCore

/// What every driver of ``PodLauncher`` has to do: one suite for a cluster and for podman, on doubles and on the real
/// things. A check gets a world of its own. It knows no test library, so that any test target can run it.
package struct PodLauncherConformance: Sendable, CustomStringConvertible {
    /// The behaviour, as a sentence in one word.
    package let name: String
    package let check: @Sendable (any PodWorld) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any PodWorld) async throws -> Void) {
        self.name = name
        self.check = check
    }

    package var description: String { name }

    package static let all = ends + restarts
}

extension PodLauncherConformance {
    static let ends: [PodLauncherConformance] = [
        PodLauncherConformance("successBringsResultAndLines") { world in
            let trial = PodTrial(world, .ends(lines: ["one", "two"], result: "{\"rows\": 3}"))
            let result = try await trial.result()
            try expect(result.exitCode, 0)
            try expect(result.result, "{\"rows\": 3}")
            try expect(trial.reporter.record.lines, ["one", "two"])
            try expect(trial.reporter.record.hosts.count, 1)
            try expect(trial.reporter.record.waits.last ?? nil, nil)
        },
        PodLauncherConformance("failureBringsItsExitCodeAndItsResult") { world in
            let result = try await PodTrial(world, .ends(code: 3, result: "7")).result()
            try expect(result.exitCode, 3)
            try expect(result.result, "7")
        },
        PodLauncherConformance("noResultIsNone") { world in
            let result = try await PodTrial(world, .ends()).result()
            try expect(result.result ?? "", "")
        },
        PodLauncherConformance("linesComeInOrderAndOnce") { world in
            let lines = (1...200).map { "line \($0)" }
            let trial = PodTrial(world, .ends(lines: lines))
            _ = try await trial.result()
            try expect(trial.reporter.record.lines, lines)
        },
        PodLauncherConformance("missingImageIsAConfigurationFailure") { world in
            let trial = PodTrial(world, .imageMissing)
            do {
                _ = try await trial.result()
                throw ConformanceFailure(description: "a pod without an image has ended")
            } catch let failure as PodFailure {
                try expect(failure.kind, .configuration)
            }
            try expect(try await world.runningContainers(), 0)
        },
        PodLauncherConformance("cancelledLaunchLeavesNoContainer") { world in
            let trial = PodTrial(world, .runs(line: "ready"))
            try await trial.untilLines(1)
            trial.reporter.terminate(.cleared)
            trial.launched.task.cancel()
            try await trial.expectCancellation()
            try expect(try await world.runningContainers(), 0)
        },
    ]

    static let restarts: [PodLauncherConformance] = [
        PodLauncherConformance("nextProcessGoesOnWithThePodAndItsLog") { world in
            let lines = (1...5).map { "line \($0)" }
            let behaviour = PodBehaviour.ends(lines: lines, result: "7", after: .seconds(5))
            let first = PodTrial(world, behaviour)
            try await first.untilLines(2)
            try await first.die()
            try expect(try await world.runningContainers(), 1)
            let second = PodTrial(after: first)
            try expect(try await second.result().result, "7")
            try expect(first.reporter.record.lines + second.reporter.record.lines, lines)
            try expect(try await world.podsMade(), 1)
        },
        PodLauncherConformance("podThatEndedBetweenTwoProcessesKeepsItsResult") { world in
            let first = PodTrial(world, .ends(code: 4, lines: ["one", "two"], result: "8", after: .seconds(2)))
            try await first.untilLines(1)
            try await first.die()
            while try await world.runningContainers() > 0 { await world.pause() }
            let second = PodTrial(after: first)
            let result = try await second.result()
            try expect(result.exitCode, 4)
            try expect(result.result, "8")
            try expect(first.reporter.record.lines + second.reporter.record.lines, ["one", "two"])
        },
        PodLauncherConformance("launchThatIsAskedForTwiceIsOnePod") { world in
            let first = PodTrial(world, .ends(result: "7", after: .seconds(2)))
            let second = PodTrial(again: first)
            try expect(try await first.result().result, "7")
            try expect(try await second.result().result, "7")
            try expect(try await world.podsMade(), 1)
        },
        PodLauncherConformance("launchInTwoProcessesIsOnePod") { world in
            let first = PodTrial(world, .ends(result: "7", after: .seconds(2)))
            let second = PodTrial(sharing: first)
            try expect(try await first.result().result, "7")
            try expect(try await second.result().result, "7")
            try expect(try await world.podsMade(), 1)
        },
    ]
}
