package import PipelineCore

/// Time as a stage sees it: injected, so that tests neither wait nor depend on the day.
package struct StageClock: Sendable {
    /// Time of day, for what is recorded.
    package var wall: any WallClock
    /// Time since some fixed moment, for what is measured.
    package var uptime: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        wall: any WallClock, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.wall = wall
        self.uptime = uptime
        self.sleep = sleep
    }
}
