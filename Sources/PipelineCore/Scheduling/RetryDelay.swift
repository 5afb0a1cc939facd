import Glibc

/// When a failed try is followed by the next one. Source: Airflow 3.3 `models/taskinstance.py` (`next_retry_datetime`).
package enum RetryDelay {
    /// `[core] max_task_retry_delay`.
    package static let maximumSeconds = 24 * 60 * 60

    /// The wait after try `tryNumber` (counted from 1). The jitter of an exponential backoff is a function of the
    /// instance alone, so that a restart computes the same.
    package static func delay(
        _ rule: RetryRule, dagID: String, taskID: String, logicalDate: Timestamp?, tryNumber: Int
    ) -> Duration {
        let growth = rule.exponentialBackoff == 0 ? 1 : rule.exponentialBackoff
        guard growth != 1, growth > 0 else { return rule.delay }
        let seed = "\(dagID)#\(taskID)#\(pythonText(logicalDate))#\(tryNumber)"
        let base = backoff(rule.delay, growth, tryNumber: tryNumber)
        let jittered = base + remainder(SHA1.digest(seed.utf8), base)
        let delay = Duration.seconds(min(jittered, maximumSeconds))
        return rule.maximumDelay.flatMap { $0 > .zero ? min($0, delay) : nil } ?? delay
    }

    /// At least 1, so that the jitter has a modulus; beyond what Airflow's own integers need to tell apart it is cut.
    private static func backoff(_ delay: Duration, _ growth: Double, tryNumber: Int) -> Int {
        let seconds = (delay.inSeconds * pow(growth, Double(tryNumber - 1))).rounded(.up)
        guard seconds.isFinite, seconds < 1e15 else { return maximumSeconds }
        return max(1, Int(seconds))
    }

    /// A big-endian number modulo a small one.
    private static func remainder(_ digits: [UInt8], _ modulus: Int) -> Int {
        let modulus = UInt64(modulus)
        return Int(digits.reduce(UInt64(0)) { ($0 * 256 + UInt64($1)) % modulus })
    }

    /// Python's `str(datetime)` in UTC.
    private static func pythonText(_ instant: Timestamp?) -> String {
        guard let instant else { return "None" }
        return String(instant.isoFormat.map { $0 == "T" ? " " : $0 })
    }
}
