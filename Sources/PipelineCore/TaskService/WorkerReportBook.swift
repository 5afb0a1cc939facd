import Synchronization

/// Reports of workers in the memory of the process that takes them and follows their pods.
package final class WorkerReportBook: WorkerReports {
    private struct Entry {
        var report = WorkerReport()
        let changed: @Sendable () -> Void
    }

    /// Of launches that are followed now: no more than run at once.
    private let entries = Mutex<[LaunchID: Entry]>([:])

    package init() {}

    package func open(_ id: LaunchID, changed: @escaping @Sendable () -> Void) {
        entries.withLock { $0[id] = Entry(changed: changed) }
    }

    package func report(of id: LaunchID) -> WorkerReport { entries.withLock { $0[id]?.report } ?? WorkerReport() }

    package func restart(_ id: LaunchID) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[id], entry.report.outcome == nil else { return false }
            entries[id]?.report = WorkerReport()
            return true
        }
    }

    package func close(_ id: LaunchID) { entries.withLock { $0[id] = nil } }

    package func take(_ notice: WorkerNotice, of id: LaunchID) throws(TaskServiceError) {
        let result = entries.withLock { entries -> Result<(@Sendable () -> Void), TaskServiceError> in
            guard let entry = entries[id] else {
                return .failure(TaskServiceError(.gone, reason: "not_found", "no such launch is being followed"))
            }
            return Result { () throws(TaskServiceError) in
                var report = entry.report
                try report.add(notice)
                entries[id]?.report = report
                return entry.changed
            }
        }
        try result.get()()
    }
}
