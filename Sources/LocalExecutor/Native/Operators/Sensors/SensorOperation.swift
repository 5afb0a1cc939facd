import PipelineCore

/// A sensor: an operation that looks, and looks again later, until what it waits for is there.
/// A sensor that waits holds no process and no thread. Source: Airflow 3.3 `sdk/bases/sensor.py`.
protocol SensorOperation: NativeOperation {
    var settings: SensorSettings { get }
    /// Whether what it waits for is there.
    func poke(_ context: NativeContext) async throws -> Bool
}

extension SensorOperation {
    func execute(_ context: NativeContext) async throws -> NativeResult {
        try await SensorLoop(sensor: self, settings: settings, context: context).run()
    }
}

/// `BaseSensorOperator.execute`.
struct SensorLoop: Sendable {
    let sensor: any SensorOperation
    let settings: SensorSettings
    let context: NativeContext

    func run() async throws -> NativeResult {
        let (elapsed, startedAt) = try await stopwatch()
        let backoff = SensorBackoff(
            settings: settings, seed: "\(context.launch.run.key.dagID)#\(context.launch.task.id)#\(startedAt)")
        var pokeCount = 1
        while true {
            if try await poke() { break }
            await context.started(nil)
            if elapsed() > settings.timeout { throw timedOut(elapsed()) }
            let wait = backoff.wait(elapsed: elapsed(), pokeCount: pokeCount)
            if settings.exponentialBackoff {
                context.say("new \(settings.isReschedule ? "reschedule" : "poke") interval is \(wait.text)")
            }
            let duration = Duration(fractionalSeconds: max(0, wait.seconds))
            if settings.isReschedule {
                return NativeResult(ending: .reschedule(at: context.setup.wallClock.now() + duration))
            }
            try await context.setup.clock.sleep(for: duration)
            pokeCount += 1
        }
        context.say("Success criteria met. Exiting.")
        return .success
    }

    /// What counts the seconds since the first poke, and when that was, as Python prints it. In reschedule mode that is
    /// the time in the database; in poke mode a monotonic clock.
    private func stopwatch() async throws -> (@Sendable () -> Double, startedAt: String) {
        guard settings.isReschedule else {
            let seconds = Self.stopwatch(context.setup.clock)
            return (seconds, "\(context.setup.wallClock.now().seconds)")
        }
        let wallClock = context.setup.wallClock
        let first = try await context.service.firstRescheduleDate(tryID: context.launch.instance.id)
        let start = first ?? wallClock.now()
        return ({ (wallClock.now() - start).inSeconds }, PythonTime.text(start))
    }

    private static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Double {
        let start = clock.now
        return { start.duration(to: clock.now).inSeconds }
    }

    private func poke() async throws -> Bool {
        do {
            return try await sensor.poke(context)
        } catch let error as CancellationError {
            throw error
        } catch let failure as NativeFailure where failure.kind == .skip {
            throw failure
        } catch let failure as NativeFailure where failure.kind != .failure {
            throw skipped() ?? failure
        } catch {
            if context.isEnding { throw skipped() ?? error }
            if settings.silentFail {
                context.log.write("Sensor poke failed: \n \(error)", level: .error, logger: context.operatorLogger)
                return false
            }
            if settings.neverFail { throw skip("never_fail") }
            throw error
        }
    }

    /// What a failure that is none of the author's becomes.
    private func skipped() -> NativeFailure? {
        settings.softFail ? skip("soft_fail") : settings.neverFail ? skip("never_fail") : nil
    }

    private func skip(_ option: String) -> NativeFailure {
        NativeFailure(.skip, "Skipping due to \(option) is set to True.")
    }

    private func timedOut(_ elapsed: Double) -> NativeFailure {
        NativeFailure(
            settings.softFail ? .skip : .sensorTimeout,
            "Sensor has timed out; run duration of \(elapsed) seconds exceeds the specified timeout of "
                + "\(settings.timeout)."
        )
    }
}
