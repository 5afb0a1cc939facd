import PipelineCore

extension PipelineStoreConformance {
    static let tasks: [PipelineStoreConformance] = [
        .init("unknownTaskIsNil") { store in
            try expect(try await store.taskInstance(id: Sample.id(1)), nil)
        },
        .init("everyTaskStateIsKept") { store in
            let tasks = TaskState.allCases.enumerated().map { Sample.task($0, "t\($0)", state: $1) }
            try await seed(store, Sample.run(), tasks)
            for task in tasks { try expect(try await store.taskInstance(id: task.id), task) }
        },
        .init("tasksAreOrderedByDagRunTaskAndMapIndex") { store in
            let epoch = try await lead(store)
            let (a, b) = (Sample.run("a", 2), Sample.run("b", 1))
            let tasks = [
                Sample.task(1, "Z", run: a.key), Sample.task(2, "_x", run: a.key), Sample.task(3, "a", run: a.key),
                Sample.task(4, "m", run: a.key, mapIndex: 2), Sample.task(5, "m", run: a.key, mapIndex: 10),
                Sample.task(6, "a", run: b.key),
            ]
            try await store.commit(
                [.saveRun(a), .saveRun(b)] + tasks.reversed().map { .saveTask($0) }, epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter()), tasks)
        },
        .init("taskFiltersHoldTogether") { store in try await checkTaskFilters(store) },
        .init("anotherTryOfTheSameKeyTakesItsPlace") { store in
            let epoch = try await seed(store, Sample.run(), [Sample.task(1)])
            try await store.commit([.saveTask(Sample.task(2))], epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter()), [Sample.task(2)])
            try expect(try await store.taskInstance(id: Sample.id(1)), nil)
        },
        .init("aTryMayMoveToAnotherMapIndex") { store in
            let epoch = try await seed(store, Sample.run(), [Sample.task(1, "m")])
            let moved = Sample.task(1, "m", mapIndex: 0)
            try await store.commit([.saveTask(moved), .saveTask(Sample.task(2, "m", mapIndex: 1))], epoch: epoch)
            try expect(
                try await store.taskInstances(TaskFilter()), [moved, Sample.task(2, "m", mapIndex: 1)])
        },
        .init("aTryMayMoveOntoAnothersKey") { store in
            let (first, second) = (Sample.task(1, "m", mapIndex: 0), Sample.task(2, "m", mapIndex: 1))
            let epoch = try await seed(store, Sample.run(), [first, second])
            let moved = Sample.task(1, "m", mapIndex: 1)
            try await store.commit([.saveTask(moved)], epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter()), [moved])
        },
        .init("twoTriesMaySwapTheirKeys") { store in
            let (first, second) = (Sample.task(1, "m", mapIndex: 0), Sample.task(2, "m", mapIndex: 1))
            let epoch = try await seed(store, Sample.run(), [first, second])
            let swapped = [Sample.task(2, "m", mapIndex: 0), Sample.task(1, "m", mapIndex: 1)]
            try await store.commit(swapped.map { .saveTask($0) }, epoch: epoch)
            try expect(try await store.taskInstances(TaskFilter()), swapped)
        },
        .init("historyIsOldestFirstAndKeepsEveryField") { store in
            var tries = (1...3).map { number in
                var task = Sample.fullTask(number)
                task.tryNumber = number
                return task
            }
            let epoch = try await seed(store)
            for task in tries.reversed() {
                try await store.commit([.saveTask(task), .archiveTask(task)], epoch: epoch)
            }
            try expect(try await store.history(tries[0].key), tries)
            tries[0].note = "changed"
            try await store.commit([.archiveTask(tries[0])], epoch: epoch)
            try expect(try await store.history(tries[0].key), tries)
            try expect(try await store.taskInstances(TaskFilter()), [])
        },
        .init("reschedulesAreOldestFirst") { store in
            let epoch = try await seed(store, Sample.run(), [Sample.task(1)])
            let pokes = (1...3).map { number in
                TaskReschedule(
                    tryID: Sample.id(1), startDate: Sample.instant(number), endDate: Sample.instant(number + 1),
                    rescheduleDate: Sample.instant(number + 2))
            }
            try await store.commit(pokes.reversed().map { .saveReschedule($0) }, epoch: epoch)
            try await store.commit([.saveReschedule(pokes[0])], epoch: epoch)
            try expect(try await store.reschedules(tryID: Sample.id(1)), pokes)
            try expect(try await store.reschedules(tryID: Sample.id(2)), [])
        },
        .init("renderedFieldsAreReplaced") { store in
            try await seed(store)
            let key = TaskInstanceKey(run: Sample.key(), taskID: "extract")
            try expect(try await store.renderedFields(of: key), nil)
            try await store.setRenderedFields(["bash_command": "echo 1", "env": .null], of: key)
            try await store.setRenderedFields(["bash_command": "echo 'ü'"], of: key)
            try expect(try await store.renderedFields(of: key), ["bash_command": "echo 'ü'"])
        },
        .init("textWithAnyCharacterIsKept") { store in
            var task = Sample.task(1, "ü.テスト'\";--", state: .failed)
            task.reason = "line\nTab\t\u{1F600} \\ ' \" %s ? ?1 $1 :x"
            try await seed(store, Sample.run(), [task])
            try expect(try await store.taskInstance(id: task.id), task)
        },
        .init("aNulCharacterDoesNotBreakACommit") { store in
            var task = Sample.task(1, state: .failed)
            task.reason = "a\u{0}b"
            try await seed(store, Sample.run(), [task])
            let found = try await store.taskInstance(id: task.id)?.reason
            try expect(["a\u{0}b", "a\u{FFFD}b"].contains(found), true)
        },
    ]

    private static func checkTaskFilters(_ store: any PipelineStore) async throws {
        let epoch = try await lead(store)
        let runs = [Sample.run("etl", 1), Sample.run("etl", 2), Sample.run("other", 1)]
        let tasks = [
            Sample.task(1, "a", run: runs[0].key, state: .success), Sample.task(2, "b", run: runs[0].key),
            Sample.task(3, "a", run: runs[1].key, mapIndex: 4, state: .failed),
            Sample.task(4, "a", run: runs[2].key, state: .success),
        ]
        try await store.commit(runs.map { .saveRun($0) } + tasks.map { .saveTask($0) }, epoch: epoch)
        func found(_ edit: (inout TaskFilter) -> Void) async throws -> [UInt64] {
            var filter = TaskFilter()
            edit(&filter)
            return try await store.taskInstances(filter).map { $0.id.low & 0xFF }
        }
        try expect(try await found { $0.run = runs[0].key }, [1, 2])
        try expect(try await found { $0.dagID = "etl" }, [1, 2, 3])
        try expect(try await found { $0.runIDs = ["manual__1"] }, [1, 2, 4])
        try expect(try await found { $0.taskIDs = ["b", "c"] }, [2])
        try expect(try await found { $0.mapIndex = 4 }, [3])
        try expect(try await found { $0.states = [.success, .failed] }, [1, 3, 4])
        try expect(try await found { $0.logicalDates = [Sample.instant(2)] }, [3])
        try expect(try await found { ($0.dagID, $0.states) = ("etl", [.success]) }, [1])
        try expect(
            try await found {
                ($0.dagID, $0.logicalDates, $0.taskIDs) = ("etl", [Sample.instant(1), Sample.instant(2)], ["a"])
            }, [1, 3])
    }
}
