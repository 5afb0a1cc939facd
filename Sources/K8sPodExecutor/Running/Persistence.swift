/// Does something until it works, and says why it does not: for what must not be left, and may take days.
package struct Persistence: Sendable {
    private static let firstPause: Duration = .seconds(60)
    private static let longestPause: Duration = .seconds(600)

    private let clock: any Clock<Duration>
    private let warn: @Sendable (String) -> Void

    /// - Parameter warn: told each new reason once.
    package init(clock: any Clock<Duration>, warn: @escaping @Sendable (String) -> Void) {
        self.clock = clock
        self.warn = warn
    }

    /// Returns when it has worked, or the task is cancelled.
    /// - Parameters:
    ///   - delay: before the first try.
    ///   - told: a reason that was told already.
    ///   - work: returns why it did not work; `nil`: it did.
    package func run(
        after delay: Duration? = nil, told: String? = nil, _ work: @Sendable () async -> String?
    ) async {
        guard await slept(delay ?? Self.firstPause) else { return }
        var (told, pause) = (told, Self.firstPause)
        while let problem = await work(), !Task.isCancelled {
            if problem != told { warn(problem) }
            told = problem
            guard await slept(pause) else { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func slept(_ time: Duration) async -> Bool { (try? await clock.sleep(for: time, tolerance: nil)) != nil }
}
