import Synchronization

/// Keeps requests below a rate (a token bucket) and a number at once, in the order in which they came.
package final class RequestLimiter: Sendable {
    /// How much a client asks of the API at most.
    package struct Limits: Sendable, Hashable {
        /// Requests a second in the long run.
        package var queriesPerSecond: Double
        /// Requests at once after a pause.
        package var burst: Int
        /// Requests that may wait for their answer at the same time; streams do not count once they run.
        package var parallel: Int

        package init(queriesPerSecond: Double = 50, burst: Int = 100, parallel: Int = 16) {
            precondition(queriesPerSecond > 0 && burst > 0 && parallel > 0)
            self.queriesPerSecond = queriesPerSecond
            self.burst = burst
            self.parallel = parallel
        }
    }

    private let limits: Limits
    private let clock: any Clock<Duration>
    private let watch: Stopwatch
    private let slots: FIFOSemaphore
    private let turn = FIFOSemaphore(permits: 1)
    private let bucket: Mutex<TokenBucket>

    package init(_ limits: Limits, clock: any Clock<Duration>) {
        self.limits = limits
        self.clock = clock
        watch = Stopwatch(clock)
        slots = FIFOSemaphore(permits: limits.parallel)
        bucket = Mutex(TokenBucket(rate: limits.queriesPerSecond, burst: limits.burst))
    }

    /// Runs `work` when it is its turn.
    package func run<Result: Sendable>(
        _ work: () async throws(KubernetesError) -> Result
    ) async throws(KubernetesError) -> Result {
        do { try await slots.acquire() } catch { throw .cancelled }
        defer { slots.release() }
        try await pass()
        return try await work()
    }

    /// Waits for a token only: for streams, which would hold a slot for ever.
    package func pass() async throws(KubernetesError) {
        do { try await turn.acquire() } catch { throw .cancelled }
        // Only the head of the line waits for time to pass.
        defer { turn.release() }
        while let delay = bucket.withLock({ $0.take(at: watch.elapsed) }) {
            do { try await clock.sleep(for: delay, tolerance: nil) } catch { throw .cancelled }
        }
    }
}

/// Tokens that grow with time up to `burst`.
struct TokenBucket: Sendable {
    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var updatedAt: Duration = .zero

    init(rate: Double, burst: Int) {
        self.rate = rate
        self.burst = Double(burst)
        tokens = self.burst
    }

    /// Takes a token, or says how long it is until there is one.
    mutating func take(at now: Duration) -> Duration? {
        tokens = min(burst, tokens + max(0, (now - updatedAt) / .seconds(1)) * rate)
        updatedAt = max(updatedAt, now)
        // A sleep of exactly the missing time leaves a rounding error behind.
        guard tokens < 1 - 1e-6 else {
            tokens = max(0, tokens - 1)
            return nil
        }
        return .seconds((1 - tokens) / rate)
    }
}
