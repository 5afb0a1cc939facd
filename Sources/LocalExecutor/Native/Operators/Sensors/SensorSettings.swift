import PipelineCore

/// The arguments that all sensors have. Source: Airflow 3.3 `sdk/bases/sensor.py` (`BaseSensorOperator`).
struct SensorSettings: Sendable {
    /// Seconds.
    var pokeInterval: Double
    /// Seconds since the first poke.
    var timeout: Double
    var isReschedule: Bool
    var softFail: Bool
    var neverFail: Bool
    var silentFail: Bool
    var exponentialBackoff: Bool
    /// Seconds.
    var maximumWait: Double?

    /// `[sensors] default_timeout`.
    private static let defaultTimeout: Double = 604_800

    init(_ attributes: NativeAttributes) throws {
        pokeInterval = attributes.seconds("poke_interval") ?? 60
        timeout = attributes.seconds("timeout") ?? Self.defaultTimeout
        softFail = attributes.bool("soft_fail", default: false)
        neverFail = attributes.bool("never_fail", default: false)
        silentFail = attributes.bool("silent_fail", default: false)
        exponentialBackoff = attributes.bool("exponential_backoff", default: false)
        maximumWait = attributes.seconds("max_wait").flatMap { $0 == 0 ? nil : $0 }
        let mode = attributes.string("mode") ?? "poke"
        guard mode == "poke" || mode == "reschedule" else {
            throw attributes.failure("mode", "poke or reschedule")
        }
        isReschedule = mode == "reschedule"
    }
}
