import PipelineCore

/// When a sensor looks again. Source: Airflow 3.3 `sdk/bases/sensor.py` (`_get_next_poke_interval`).
struct SensorBackoff: Sendable {
    let settings: SensorSettings
    /// `dag_id#task_id#started_at`.
    let seed: String

    /// Beyond any timeout; Python's integers know no bound.
    private static let maximumBackoff = 1e15

    /// A wait in seconds, and how Python prints it: the smaller of an integer and a float keeps its type.
    struct Wait: Sendable {
        var seconds: Double
        var text: String
    }

    func wait(elapsed: Double, pokeCount: Int) -> Wait {
        guard settings.exponentialBackoff else {
            return Wait(seconds: settings.pokeInterval, text: "\(settings.pokeInterval)")
        }
        let count = settings.isReschedule ? estimatedCount(elapsed) : pokeCount
        let backoff = jittered(count)
        var wait = Wait(seconds: Double(backoff), text: "\(backoff)")
        let rest = settings.timeout - Double(Int(elapsed))
        if rest <= wait.seconds { wait = Wait(seconds: rest, text: "\(rest)") }
        if let maximum = settings.maximumWait, maximum <= wait.seconds {
            wait = Wait(seconds: maximum, text: "\(maximum)")
        }
        return wait
    }

    /// The poke that a sensor in reschedule mode must be at, which it cannot remember.
    private func estimatedCount(_ elapsed: Double) -> Int {
        var cumulative = 0.0
        var count = 0
        while cumulative <= elapsed {
            count += 1
            cumulative += Double(jittered(count))
        }
        return count
    }

    private func jittered(_ count: Int) -> Int {
        let growth = settings.pokeInterval * power(count - 2)
        let backoff = max(Int(min(growth, Self.maximumBackoff)), 1)
        let digest = SHA1.digest("\(seed)#\(count)".utf8)
        let modulus = UInt64(backoff)
        return backoff + Int(digest.reduce(UInt64(0)) { ($0 * 256 + UInt64($1)) % modulus })
    }

    private func power(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: min(exponent, 1_000), significand: 1)
    }
}
