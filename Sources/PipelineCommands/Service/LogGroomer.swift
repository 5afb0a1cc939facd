import Glibc
import PipelineCore

/// Deletes logs that nothing has been written to for a time, and folders that are empty then: what Airflow's deployments
/// have a side process for (`clean-logs.sh`, the log groomer of its Helm chart).
struct LogGroomer: Sendable {
    let folder: String
    let retention: Duration

    /// `nil` where nothing is to be deleted.
    init?(_ configuration: Configuration) {
        let days = configuration.number(.logRetentionDays)
        guard days > 0 else { return nil }
        self.init(folder: configuration[.logsFolder], retention: .seconds(86_400) * days)
    }

    init(folder: String, retention: Duration) {
        self.folder = folder
        self.retention = retention
    }

    static let interval = Duration.seconds(3_600)

    /// Until the task is cancelled, at once and then each hour.
    func run(_ say: @Sendable (String) -> Void) async {
        repeat {
            let deleted = groom(at: SystemWallClock().now())
            if deleted > 0 { say("\(deleted) logs older than \(retention.inSeconds / 86_400) days were deleted") }
        } while (try? await ContinuousClock().sleep(for: Self.interval)) != nil
    }

    /// - Returns: how many files were deleted.
    func groom(at now: Timestamp) -> Int { groom(folder, before: (now - retention).microseconds / 1_000_000) }

    /// Links are left alone: what they point to is somebody else's.
    private func groom(_ folder: String, before limit: Int64) -> Int {
        var deleted = 0
        for name in Paths.names(in: folder) {
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                deleted += groom(path, before: limit)
                // Only where nothing is in it; one that a new try has just made is made again by it.
                if Int64(status.st_mtim.tv_sec) < limit { rmdir(path) }
            } else if status.st_mode & S_IFMT == S_IFREG, Int64(status.st_mtim.tv_sec) < limit, unlink(path) == 0 {
                deleted += 1
            }
        }
        return deleted
    }
}
