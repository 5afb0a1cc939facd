import HTTPTransport
import Testing

@Suite struct BackoffTests {
    @Test func delaysDoubleUpToTheMaximumWithinTheirJitter() {
        let delays = Array(Backoff(initial: .seconds(1), multiplier: 2, maximum: .seconds(5), retries: 5, seed: 7))
        let bounds: [Double] = [1, 2, 4, 5, 5]
        #expect(delays.count == 5)
        for (delay, bound) in zip(delays, bounds) {
            #expect(delay >= .seconds(bound) * 0.5 && delay <= .seconds(bound))
        }
    }

    @Test func sameSeedGivesTheSameDelaysAndAnotherSeedOthers() {
        #expect(Array(Backoff(seed: 1)) == Array(Backoff(seed: 1)))
        #expect(Array(Backoff(seed: 1)) != Array(Backoff(seed: 2)))
    }

    @Test func noRetriesMeansNoDelay() {
        #expect(Array(Backoff(retries: 0, seed: 1)).isEmpty)
    }
}
