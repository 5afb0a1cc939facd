import PipelineCore

extension PipelineStoreConformance {
    static let commits: [PipelineStoreConformance] = [
        .init("commitKeepsEveryFieldOfARun") { store in
            try await seed(store, Sample.fullRun())
            try expect(try await store.run(Sample.key()), Sample.fullRun())
        },
        .init("commitKeepsTheOrderOfConfMembers") { store in
            try await seed(store, Sample.fullRun())
            try expect(try await store.run(Sample.key())?.conf.keys, ["z", "a", "nested"])
        },
        .init("commitKeepsEveryFieldOfATask") { store in
            try await seed(store, Sample.run(), [Sample.fullTask()])
            try expect(try await store.taskInstance(id: Sample.id(1)), Sample.fullTask())
        },
        .init("commitOfNothingIsAllowed") { store in
            try await store.commit([], epoch: try await lead(store))
        },
        .init("repeatedCommitChangesNothing") { store in
            let (old, new) = (Sample.task(1, state: .failed), Sample.task(2, state: .queued))
            let epoch = try await seed(store, Sample.run(), [old])
            let changes: [StoreChange] = [
                .archiveTask(old), .deleteXComs(old.key), .saveTask(new), .setPaused(dagID: "etl", true),
            ]
            try await store.commit(changes, epoch: epoch)
            try await store.commit(changes, epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter(run: Sample.key())), [new])
            try expect(try await store.history(old.key), [old])
        },
        .init("commitWithAMissingRunChangesNothing") { store in
            let epoch = try await seed(store)
            let stray = Sample.task(9, run: Sample.key("unknown"))
            try await expect(.notFound) {
                try await store.commit([.saveTask(Sample.task(1)), .saveTask(stray)], epoch: epoch)
            }
            try expect(try await store.taskInstances(TaskFilter()), [])
        },
        .init("aFinishedRunWithoutAnEndIsRefused") { store in
            let epoch = try await lead(store)
            for state in RunState.allCases {
                var run = Sample.run(state: state)
                run.endDate = state.isFinished ? nil : Sample.noon
                try await expect(.invalid) { try await store.commit([.saveRun(run)], epoch: epoch) }
            }
            try expect(try await store.runs(RunFilter()), [])
        },
        .init("changesApplyInOrder") { store in
            var task = Sample.task(1, state: .scheduled)
            let epoch = try await seed(store, Sample.run(), [task])
            var changes: [StoreChange] = []
            for (index, state) in [TaskState.queued, .running, .success].enumerated() {
                task.state = state
                task.launchNumber = index
                if state == .success { task.endDate = Sample.instant(9) }
                changes.append(.saveTask(task))
                changes.append(.saveRun(Sample.run()))
            }
            try await store.commit(changes, epoch: epoch)
            try expect(try await store.taskInstance(id: task.id), task)
        },
        .init("sameTaskTwiceInARowKeepsTheLast") { store in
            let (first, second) = (Sample.task(1, state: .scheduled), Sample.task(1, state: .queued))
            let epoch = try await seed(store)
            try await store.commit([.saveTask(first), .saveTask(second)], epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter()), [second])
        },
        .init("aStaleEpochChangesNothing") { store in
            let old = try await seed(store)
            let new = try await store.takeLeadership(holder: "other", at: Sample.instant(1))
            try expect(new > old, true)
            try await expect(.staleEpoch) { try await store.commit([.saveTask(Sample.task(1))], epoch: old) }
            try expect(try await store.taskInstances(TaskFilter()), [])
            try await store.commit([.saveTask(Sample.task(1))], epoch: new)
            try expect(try await store.taskInstances(TaskFilter()).count, 1)
        },
        .init("aStaleEmptyCommitIsRefused") { store in
            let old = try await lead(store)
            _ = try await lead(store)
            try await expect(.staleEpoch) { try await store.commit([], epoch: old) }
        },
        .init("concurrentCommitsAreAllKept") { store in
            let epoch = try await seed(store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...40 {
                    group.addTask {
                        try await store.commit([.saveTask(Sample.task(number, "t\(number)"))], epoch: epoch)
                    }
                }
                try await group.waitForAll()
            }
            try expect(try await store.taskInstances(TaskFilter()).count, 40)
        },
        .init("aRefusedCommitSparesConcurrentOnes") { store in
            let epoch = try await seed(store)
            let refused = await withTaskGroup(of: Bool.self) { group in
                for number in 1...30 {
                    let run = number % 3 == 0 ? Sample.key("unknown") : Sample.key()
                    group.addTask {
                        let task = Sample.task(number, "t\(number)", run: run)
                        do { try await store.commit([.saveTask(task)], epoch: epoch) } catch { return true }
                        return false
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            try expect(refused, 10)
            try expect(try await store.taskInstances(TaskFilter()).count, 20)
        },
        .init("aLargeCommitIsKeptWhole") { store in
            let tasks = (0..<3_000).map { Sample.task($0, "mapped", mapIndex: $0, state: .scheduled) }
            try await seed(store, Sample.run(), tasks)
            try expect(try await store.taskInstances(TaskFilter(run: Sample.key())), tasks)
        },
    ]
}
