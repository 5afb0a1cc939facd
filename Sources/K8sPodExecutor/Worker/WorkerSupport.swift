package import PipelineCore
package import TaskTokens

/// What an executor needs for pods of workers beside their settings.
package struct WorkerSupport: Sendable {
    package var reports: any WorkerReports
    package var signer: TaskTokenSigner
    package var wallClock: any WallClock

    package init(reports: any WorkerReports, signer: TaskTokenSigner, wallClock: any WallClock) {
        self.reports = reports
        self.signer = signer
        self.wallClock = wallClock
    }

    /// - Parameter lifetime: from now on.
    func token(for launch: LaunchID, lifetime: Duration) -> String {
        let now = wallClock.now()
        let id = (0..<16).map { _ in UInt8.random(in: 0...255).hexadecimal }.joined()
        return signer.sign(TaskToken(launch: launch, scope: .workload, id: id, at: now, lifetime: lifetime))
    }
}
