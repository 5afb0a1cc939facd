extension TaskInstance {
    /// The last launch of this try of which the row says that it has ended: nobody asks for it, or an earlier one, again.
    /// `nil`: none has.
    package var lastEndedLaunch: LaunchID? {
        let number = state?.occupiesExecutor == true ? launchNumber - 1 : launchNumber
        return number > 0 ? LaunchID(tryID: id, number: number) : nil
    }
}

extension StoreChange {
    /// The last launch of a try whose end the store knows by this change, and with it those of all earlier ones.
    package var endedLaunch: LaunchID? {
        switch self {
        case .saveTask(let task): task.lastEndedLaunch
        case .archiveTask(let task) where task.launchNumber > 0: LaunchID(tryID: task.id, number: task.launchNumber)
        default: nil
        }
    }
}

extension RunStore {
    /// Whether the store says that the launch of the task has ended; `false` where it does not know it.
    package func hasEnded(_ launch: LaunchID, of task: TaskInstanceKey) async throws -> Bool {
        if let row = try await taskInstance(id: launch.tryID) { return launch.number <= row.lastEndedLaunch?.number ?? 0 }
        return try await history(task).contains { $0.id == launch.tryID && launch.number <= $0.launchNumber }
    }

    /// The try whose last launch this is, where the store says that it has ended; `nil` for any other, and where it does not
    /// know it.
    package func endedTry(of launch: LaunchID, task: TaskInstanceKey) async throws -> TaskInstance? {
        let row = try await taskInstance(id: launch.tryID)
        if let row { return row.lastEndedLaunch == launch ? row : nil }
        return try await history(task).first { $0.id == launch.tryID && $0.launchNumber == launch.number }
    }
}
