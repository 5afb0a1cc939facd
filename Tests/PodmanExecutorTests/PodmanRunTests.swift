import K8sPodExecutor
import PipelineCore
import PipelineTestSupport
import PodmanExecutor
import Testing

/// One pod from its launch to its result, and what can go wrong on the way.
@Suite(.timeLimit(.minutes(5)))
struct PodmanRunTests {
    @Test func whatIsKnownOfThePodIsTold() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["one"], result: "7"))
        let reporter = RecordingReporter()
        let result = try await harness.run([:], reporter)
        #expect(result.node == PodmanHarness.host && result.namespace == "default")
        #expect(result.imageID == "busybox:1@sha256:abc" && result.reason == "Completed")
        #expect(reporter.record.hosts == [PodmanHarness.host] && reporter.record.images == ["busybox:1@sha256:abc"])
        #expect(harness.double.container("-base")?.name == "\(result.name)-base")
        #expect(harness.double.container("-base")?.labels["pipeline.ml/run"] == "cifar/manual__2026-01-01T00:00:00+00:00")
    }

    @Test func initContainersRunBeforeTheBase() async throws {
        let harness = PodmanHarness()
        harness.double.change { $0.scriptsByContainer["-fetch"] = ContainerScript(duration: .seconds(3)) }
        let pod = PodmanHarness.pod(["initContainers": [["name": "fetch", "image": "busybox:1"]]])
        #expect(try await harness.run(["pod": pod]).exitCode == 0)
        let (first, base) = (harness.double.container("-fetch"), harness.double.container("-base"))
        let (end, start) = (try #require(first?.finishedAt), try #require(base?.startedAt))
        #expect(end <= start)
    }

    @Test func aFailedInitContainerSaysWhatItSaid() async throws {
        let harness = PodmanHarness()
        harness.double.change { $0.scriptsByContainer["-fetch"] = ContainerScript(exitCode: 7, lines: ["no such bucket"]) }
        let pod = PodmanHarness.pod(["initContainers": [["name": "fetch", "image": "busybox:1"]]])
        let reporter = RecordingReporter()
        let failure = await harness.failure(["pod": pod], reporter)
        #expect(failure?.kind == .configuration)
        #expect(failure?.message.contains("init container fetch ended with exit code 7") == true)
        #expect(reporter.record.lines == ["no such bucket"])
        #expect(harness.double.containers.isEmpty)
    }

    @Test func aSidecarSharesTheNetworkAndEndsWithTheBase() async throws {
        let harness = PodmanHarness()
        harness.double.change { $0.scriptsByContainer["-proxy"] = ContainerScript(duration: nil) }
        let pod = PodmanHarness.pod(["containers": [["name": "proxy", "image": "busybox:1"], ["name": "base", "image": "busybox:1"]]])
        let result = try await harness.run(["pod": pod])
        #expect(result.exitCode == 0 && harness.double.running == 0)
        let arguments = harness.double.container("-proxy")?.arguments ?? []
        #expect(arguments.contains("container:\(result.name)-base"))
    }

    @Test func aCommandThatCannotBeStartedIsAConfigurationFailure() async throws {
        let text = "runc: exec: \"nosuch\": executable file not found in $PATH: OCI runtime attempted to invoke a command"
        let harness = PodmanHarness(script: ContainerScript(startError: text))
        let failure = await harness.failure()
        #expect(failure?.kind == .configuration && failure?.message.contains(text) == true)
        #expect(harness.double.containers.isEmpty)
    }

    // MARK: - Memory

    private static let limited: JSONObject = ["container_resources": ["limits": ["memory": "1Gi"]]]

    @Test func aContainerOutOfMemoryIsReportedAsInACluster() async throws {
        // A shell may hand on another code.
        for code in [137, 1] {
            let harness = PodmanHarness(script: ContainerScript(exitCode: code, isOutOfMemory: true))
            let result = try await harness.run(Self.limited)
            #expect(result.exitCode == 137 && result.reason == "OOMKilled")
        }
    }

    @Test func theKernelsLogTellsWherePodmanDoesNot() async throws {
        for (id, reason) in [("id1", "OOMKilled"), ("id9", "Error")] {
            let harness = PodmanHarness(script: ContainerScript(exitCode: 137))
            harness.double.change {
                $0.kernelLog = "[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/libpod_parent/libpod-\(id),task=tail\n"
            }
            #expect(try await harness.run(Self.limited).reason == reason)
        }
    }

    @Test func aKillThatNobodyExplainsIsNotCalledOutOfMemory() async throws {
        let harness = PodmanHarness(script: ContainerScript(exitCode: 137))
        let reporter = RecordingReporter()
        #expect(try await harness.run(Self.limited, reporter).reason == "Error")
        #expect(reporter.record.notes.contains { $0.contains("1073741824 bytes of memory") })
    }

    @Test func memoryGrowsAsFarAsItMay() async throws {
        let harness = PodmanHarness(script: ContainerScript(exitCode: 137, isOutOfMemory: true))
        var launch = TaskLaunch.sample()
        launch.task.executorConfig = [
            "__type": "dict", "__var": ["on_oom": ["__type": "dict", "__var": ["memory": "x2", "max": "3Gi"]]],
        ]
        let result = try await harness.run(Self.limited, launch: launch)
        #expect(result.reason == "OOMKilled")
        let limits = harness.double.containers.compactMap { container in
            container.arguments.firstIndex(of: "--memory").map { container.arguments[$0 + 1] }
        }
        #expect(limits == ["\(1 << 30)b", "\(2 << 30)b", "\(3 << 30)b"])

        // The next process goes on with the last of them.
        let again = harness.start(Self.limited, launch: launch, on: harness.restarted())
        #expect(try await harness.end(of: again).name == result.name)
        #expect(harness.double.containers.count == 3)
    }

    // MARK: - Time

    @Test func aPodThatRunsTooLongIsEnded() async throws {
        let harness = PodmanHarness(script: ContainerScript(duration: nil))
        let failure = await harness.failure(["pod": PodmanHarness.pod(["activeDeadlineSeconds": 20])])
        #expect(failure?.kind == .timeout && failure?.message.contains("activeDeadlineSeconds (20)") == true)
        let base = harness.double.container("-base")
        let duration = try #require(base?.finishedAt) - #require(base?.startedAt)
        #expect(duration >= .seconds(20) && duration < .seconds(21))
    }

    @Test func theTimeOfAnAdoptedPodBeganWithIt() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil))
        let extra: JSONObject = ["pod": PodmanHarness.pod(["activeDeadlineSeconds": 20])]
        let reporter = RecordingReporter()
        let launched = harness.start(extra, reporter)
        #expect(await harness.passes { !reporter.record.lines.isEmpty })
        #expect(await !harness.passes(atMost: .seconds(15)) { launched.isOver })
        reporter.die()
        launched.task.cancel()
        #expect(await harness.passes { launched.isOver })
        let next = harness.start(extra, on: harness.restarted())
        await #expect { try await harness.end(of: next, within: .seconds(8)) } throws: { ($0 as? PodFailure)?.kind == .timeout }
    }

    @Test func aPullThatDoesNotEndIsATimeout() async throws {
        let harness = PodmanHarness()
        harness.double.change { $0.isPullStuck = true }
        let failure = await harness.failure(["image": "far/away:1", "startup_timeout_seconds": 30])
        #expect(failure?.kind == .timeout)
        #expect(failure?.message.contains("within 30 seconds: pulling image far/away:1") == true)
        #expect(harness.double.count("create") == 0)
    }

    // MARK: - Ends from outside

    @Test func aContainerThatIgnoresTermIsKilledAfterItsGrace() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil, exitCodeOnTerm: nil))
        let reporter = RecordingReporter()
        let launched = harness.start(["pod": PodmanHarness.pod(["terminationGracePeriodSeconds": 7])], reporter)
        #expect(await harness.passes { !reporter.record.lines.isEmpty })
        let before = harness.clock.timestamp
        reporter.terminate(.cleared)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.clock.timestamp - before >= .seconds(7))
        #expect(harness.double.containers.isEmpty && harness.double.volumes.isEmpty)
    }

    @Test func whatAContainerSaysWhenItIsEndedIsKept() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil, lineOnTerm: "checkpoint saved"))
        let reporter = RecordingReporter()
        let launched = harness.start([:], reporter)
        #expect(await harness.passes { !reporter.record.lines.isEmpty })
        reporter.terminate(.cleared)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(reporter.record.lines == ["ready", "checkpoint saved"])
    }

    @Test func aLaunchThatIsEndedWhileItsImageIsPulledLeavesNothing() async throws {
        let harness = PodmanHarness()
        harness.double.change { $0.isPullStuck = true }
        let reporter = RecordingReporter()
        let launched = harness.start(["image": "far/away:1"], reporter)
        #expect(await harness.passes { harness.double.count("pull") == 1 })
        reporter.terminate(.cleared)
        launched.task.cancel()
        await #expect(throws: CancellationError.self) { try await harness.end(of: launched) }
        #expect(harness.double.containers.isEmpty)
    }

    @Test func aLaunchThatIsEndedBeforeItWasLookedForLeavesNothingThatRuns() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil))
        let first = RecordingReporter()
        let launched = harness.start([:], first)
        #expect(await harness.passes { !first.record.lines.isEmpty })
        first.die()
        launched.task.cancel()
        #expect(await harness.passes { launched.isOver })
        harness.double.fail("ps", with: "database is locked", times: 3)
        let second = RecordingReporter()
        let again = harness.start([:], second, on: harness.restarted())
        #expect(await harness.passes { second.record.waits.count == 1 })
        second.terminate(.cleared)
        again.task.cancel()
        harness.double.change { $0.faults = [] }
        await #expect(throws: CancellationError.self) { try await harness.end(of: again) }
        #expect(harness.double.containers.isEmpty && harness.double.volumes.isEmpty)
    }

    @Test func aPodThatIsTakenAwayIsNoFailureOfTheTask() async throws {
        let ways: [(String, @Sendable (PodmanDouble) -> Void)] = [
            ("removed from outside", { $0.removeFromOutside("-base") }), ("the machine was restarted", { $0.reboot() }),
        ]
        for (text, happens) in ways {
            let harness = PodmanHarness(script: ContainerScript(lines: ["ready"], duration: nil))
            let reporter = RecordingReporter()
            let launched = harness.start([:], reporter)
            #expect(await harness.passes { !reporter.record.lines.isEmpty })
            happens(harness.double)
            await #expect { try await harness.end(of: launched) } throws: { error in
                let failure = error as? PodFailure
                return failure?.kind == .infrastructure && failure?.message.contains(text) == true
            }
            #expect(harness.double.containers.isEmpty)
        }
    }

    @Test func aPodWhoseLogWasWrittenIsNotMadeASecondTime() async throws {
        let harness = PodmanHarness()
        let reporter = RecordingReporter()
        reporter.hasWritten(WrittenLines(newest: Timestamp(seconds: 9), inNewestSecond: 1, inSecondBefore: 0))
        #expect(await harness.failure([:], reporter)?.kind == .infrastructure)
        #expect(harness.double.count("create") == 0)
    }

    @Test func aPodmanThatDoesNotAnswerIsWaitedFor() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7"))
        harness.double.fail("ps", with: "database is locked", times: 3)
        let reporter = RecordingReporter()
        #expect(try await harness.run([:], reporter).result == "7")
        #expect(reporter.record.waits.contains { $0?.contains("podman does not answer: podman ps: database is locked") == true })
        // Who has told of a wait takes it back.
        #expect(reporter.record.waits.last == .some(nil))
    }

    @Test func aWaitThatEndsTooEarlyIsNoEnd() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7", duration: .seconds(10)))
        harness.double.fail("wait", with: "killed", exitCode: 137, times: 3)
        #expect(try await harness.run().result == "7")
    }

    // MARK: - Images, names, users

    @Test func anImageIsPulledAsItsPolicySays() async throws {
        let cases: [(policy: JSONValue, isThere: Bool, pulls: Int)] = [
            (.null, true, 0), ("IfNotPresent", true, 0), ("IfNotPresent", false, 1), ("Always", true, 1), ("Never", true, 0),
        ]
        for row in cases {
            let harness = PodmanHarness()
            harness.double.change { state in
                if !row.isThere { state.images = [] }
                state.pullable = ["busybox:1"]
            }
            let pod = PodmanHarness.pod(container: ["imagePullPolicy": row.policy])
            #expect(try await harness.run(["pod": pod]).exitCode == 0)
            #expect(harness.double.count("pull") == row.pulls, "\(row)")
        }
        let harness = PodmanHarness()
        let pod = PodmanHarness.pod(container: ["imagePullPolicy": "Never"])
        #expect(await harness.failure(["image": "none:1", "pod": pod])?.message.contains("imagePullPolicy is Never") == true)
    }

    @Test func anImageThatCannotBePulledNamesTheMend() async throws {
        let failure = await PodmanHarness().failure(["image": "nowhere/none:1"])
        #expect(failure?.kind == .configuration)
        for text in ["nowhere/none:1", "manifest unknown", "podman login"] {
            #expect(failure?.message.contains(text) == true)
        }
    }

    @Test func aContainerOfTheNameThatIsNotOursIsLeftAlone() async throws {
        let harness = PodmanHarness()
        let name = try await harness.run().name
        harness.double.change { $0.containers[0].labels = [:] }
        let failure = await harness.failure()
        #expect(failure?.message.contains("\(name)-base exists and is not of this launch") == true)
        #expect(harness.double.count("create") == 2)
    }

    @Test func anImageThatRunsAsRootIsRefusedWhereRootIs() async throws {
        for (user, isRefused) in [("", true), ("root", true), ("0:0", true), ("app", false), ("1001", false)] {
            let harness = PodmanHarness()
            harness.double.change { $0.imageUser = user }
            // Who asks for more than the level restricted gets no user by default.
            let pod = PodmanHarness.pod(["hostNetwork": true, "securityContext": ["runAsNonRoot": true]])
            if isRefused {
                #expect(await harness.failure(["pod": pod])?.message.contains("set runAsUser") == true)
            } else {
                #expect(try await harness.run(["pod": pod]).exitCode == 0)
            }
        }
    }

    @Test func aResultThatIsTooLongIsCutWhereTheKubeletCuts() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: String(repeating: "x", count: 100_000)))
        let cut = try await harness.run()
        #expect(cut.result?.utf8.count == 4_096 && cut.isResultCut)
        var launch = TaskLaunch.sample("other")
        launch.task.executorConfig = ["__type": "dict", "__var": ["xcom": "sidecar"]]
        let whole = try await harness.run(launch: launch)
        #expect(whole.result?.utf8.count == 100_000 && !whole.isResultCut)
    }

    @Test func whatPodmanHasNoWordForIsRefused() async throws {
        let pod = PodmanHarness.pod(["volumes": [["name": "v", "secret": ["secretName": "s"]]]])
        let failure = await PodmanHarness().failure(["pod": pod])
        #expect(failure?.kind == .configuration && failure?.message.contains("spec.volumes[0] (v)") == true)
    }

    @Test func whatPodmanWarnsOfIsTold() async throws {
        let harness = PodmanHarness()
        harness.double.change { state in
            let result = CommandResultSample.warning("swap limit capabilities are missing")
            state.faults.append(.init(words: ["create"], result: .success(result), left: 1))
        }
        // The double has not made the container then, so that the launch ends; the warning came before.
        let reporter = RecordingReporter()
        _ = await harness.failure([:], reporter)
        #expect(reporter.record.notes.contains("podman: swap limit capabilities are missing"))
    }

    @Test func aMissingPodmanNamesTheMend() async throws {
        let harness = PodmanHarness()
        harness.double.change { state in
            let error = CommandResultSample.notFound
            state.faults.append(.init(words: [], result: .failure(error), left: .max))
        }
        let failure = await harness.failure()
        #expect(failure?.kind == .configuration && failure?.message.contains("apt-get install podman") == true)
        await #expect { try await harness.executor.check() } throws: { ($0 as? PodFailure)?.message.contains("install podman") == true }
    }

    // MARK: - Trouble that passes

    /// The container is the only witness of its result.
    @Test func troubleAfterTheEndLosesNoResult() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7"))
        harness.double.change { $0.scriptsByContainer["-proxy"] = ContainerScript(duration: nil) }
        harness.double.fail("cp", with: "database is locked", times: 8)
        harness.double.fail("stop", with: "cannot get lock", times: 8)
        let pod = PodmanHarness.pod(["containers": [["name": "proxy", "image": "busybox:1"], ["name": "base", "image": "busybox:1"]]])
        let reporter = RecordingReporter()
        let result = try await harness.run(["pod": pod], reporter)
        #expect(result.result == "7" && harness.double.made == 2)
        #expect(reporter.record.waits.contains { $0?.contains("database is locked") == true })
    }

    @Test func aSystemThatCannotStartProgramsForAMomentFailsNoTask() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7"))
        harness.double.change { state in
            for words in [["ps"], ["cp"]] {
                state.faults.append(.init(words: words, result: .failure(CommandResultSample.notStarted), left: 4))
            }
        }
        #expect(try await harness.run().result == "7")
    }

    @Test func aPodmanThatIsBeingReplacedFailsNoTask() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7", duration: .seconds(3)))
        let reporter = RecordingReporter()
        let launched = harness.start([:], reporter)
        #expect(await harness.passes { !reporter.record.hosts.isEmpty })
        harness.double.change { state in
            state.faults.append(.init(words: ["ps"], result: .failure(CommandResultSample.notFound), left: 12))
            state.faults.append(.init(words: ["cp"], result: .failure(CommandResultSample.notFound), left: 12))
        }
        #expect(try await harness.end(of: launched).result == "7")
        #expect(reporter.record.waits.contains { $0?.contains("No such file") == true })
    }

    @Test func aQuestionThatIsNotAnsweredIsAskedAgain() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7"))
        harness.double.change { $0.areQueriesStuck = true }
        let reporter = RecordingReporter()
        let launched = harness.start([:], reporter)
        #expect(await harness.passes(atMost: .seconds(90)) { reporter.record.waits.contains { $0?.contains("did not end within") == true } })
        harness.double.change { $0.areQueriesStuck = false }
        harness.double.wake()
        #expect(try await harness.end(of: launched).result == "7")
    }

    @Test func manyContainersAreAskedForInBatches() async throws {
        let harness = PodmanHarness(script: ContainerScript(result: "7"))
        harness.double.change { state in
            for number in 0..<250 {
                var container = PodmanDouble.Container()
                (container.name, container.id, container.status) = ("old-\(number)", "old\(number)", "exited")
                container.labels = ["pipeline.ml/installation": "test"]
                state.containers.append(container)
            }
        }
        #expect(try await harness.executor.sweep { _, _ in true } == 0)
        #expect(harness.double.count("container", "inspect") == 3)
    }

    @Test func linesBeforeARestartOfTheMachineAreRead() async throws {
        let harness = PodmanHarness(script: ContainerScript(lines: ["a", "b"], duration: nil))
        let first = RecordingReporter()
        let launched = harness.start([:], first)
        #expect(await harness.passes { !first.record.hosts.isEmpty })
        first.die()
        launched.task.cancel()
        #expect(await harness.passes { launched.isOver })
        let lines = first.record.lines
        #expect(await harness.passes { harness.double.container("-base")?.log.isEmpty == false })
        await harness.pause(.seconds(5))
        harness.double.reboot()
        let second = RecordingReporter()
        second.hasWritten(first.left)
        let again = harness.start([:], second, on: harness.restarted())
        await #expect { try await harness.end(of: again) } throws: { ($0 as? PodFailure)?.kind == .infrastructure }
        #expect(lines + second.record.lines == ["a", "b"])
    }

    @Test func aRemovalThatFailsIsToldAndTriedAgain() async throws {
        let harness = PodmanHarness()
        let result = try await harness.run()
        harness.double.fail("rm", with: "device or resource busy", times: 2)
        harness.executor.endIsDurable(TaskLaunch.sample().id)
        await harness.pause(.seconds(120))
        #expect(harness.warnings.all.count == 1 && harness.warnings.all[0].contains(result.name))
        #expect(await harness.passes(atMost: .seconds(300)) { harness.double.containers.isEmpty })
    }

    @Test func aRunThatEndsSaysWhatIsLeft() async throws {
        let harness = PodmanHarness()
        let result = try await harness.run()
        harness.double.fail("rm", with: "device or resource busy")
        do {
            try await harness.executor.runEnded(TaskLaunch.sample().run.key)
            Issue.record("the pod is left")
        } catch let left as PodsLeft {
            #expect(left.description.contains(result.name))
        }
    }
}
