import PipelineCore

extension PipelineStoreConformance {
    static let runs: [PipelineStoreConformance] = [
        .init("unknownRunIsNil") { store in
            try expect(try await store.run(Sample.key()), nil)
        },
        .init("runsComeNewestFirst") { store in
            let epoch = try await lead(store)
            let runs = [2, 3, 1].map { Sample.run("etl", $0) }
            try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
            try expect(try await store.runs(RunFilter()).map(\.key.runID), ["manual__3", "manual__2", "manual__1"])
        },
        .init("runsOfOneInstantAreOrderedByRunIDDescending") { store in
            let epoch = try await lead(store)
            let runs = ["b", "B", "a_b", "é"].map { id in
                DAGRun(
                    key: RunKey(dagID: "etl", runID: id), type: .manual, runAfter: Sample.noon, triggeredBy: .cli)
            }
            try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
            try expect(try await store.runs(RunFilter()).map(\.key.runID), ["é", "b", "a_b", "B"])
        },
        .init("runFiltersHoldTogether") { store in try await checkRunFilters(store) },
        .init("limitAndOffsetPageThroughRuns") { store in
            let epoch = try await lead(store)
            try await store.commit((1...5).map { .saveRun(Sample.run("etl", $0)) }, epoch: epoch)
            var filter = RunFilter(dagID: "etl", limit: 2)
            filter.offset = 1
            try expect(try await store.runs(filter).map(\.key.runID), ["manual__4", "manual__3"])
            try expect(try await store.countRuns(filter), 5)
        },
        .init("previousRunIsByLogicalDate") { store in
            let epoch = try await lead(store)
            var dateless = Sample.run("etl", 9)
            dateless.logicalDate = nil
            let runs = [
                Sample.run("etl", 1, state: .success), Sample.run("etl", 2, state: .failed), Sample.run("etl", 3),
                Sample.run("other", 2), dateless,
            ]
            try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
            func previous(_ minute: Int, _ states: [RunState]) async throws -> String? {
                let instant = Sample.instant(minute)
                let run = try await store.previousRun(dagID: "etl", before: instant, states: states)
                return run?.key.runID
            }
            let (any, succeeded, none) = (
                try await previous(3, []), try await previous(3, [.success]), try await previous(1, [])
            )
            try expect([any, succeeded, none], ["manual__2", "manual__1", nil])
        },
        .init("noteSurvivesLaterSavesOfTheRun") { store in
            let epoch = try await seed(store, Sample.run())
            try await store.setNote("mine", run: Sample.key())
            var later = Sample.run()
            later.reason = "timed_out"
            try await store.commit([.saveRun(later)], epoch: epoch)
            try expect(try await store.run(Sample.key())?.note, "mine")
            try expect(try await store.run(Sample.key())?.reason, "timed_out")
            try await store.setNote(nil, run: Sample.key())
            try expect(try await store.run(Sample.key())?.note, nil)
        },
        .init("noteOfAnUnknownRunIsRefused") { store in
            try await expect(.notFound) { try await store.setNote("x", run: Sample.key()) }
        },
        .init("deletingARunTakesAllThatBelongsToIt") { store in
            try await fillRun(store, 1)
            try await fillRun(store, 2)
            try expect(try await store.deleteRun(Sample.key("etl", 1)), true)
            try expect(try await store.deleteRun(Sample.key("etl", 1)), false)
            try await expectNothingLeft(store, 1)
            try expect(try await store.taskInstances(TaskFilter(run: Sample.key("etl", 2))).count, 1)
            try expect(try await store.reschedules(tryID: Sample.id(21)).count, 1)
        },
        .init("anUnfinishedRunIsNotDeleted") { store in
            try await seed(store)
            try await expect(.conflict) { _ = try await store.deleteRun(Sample.key()) }
            try expect(try await store.run(Sample.key()) != nil, true)
        },
    ]

    private static func checkRunFilters(_ store: any PipelineStore) async throws {
        let epoch = try await lead(store)
        var scheduled = Sample.run("etl", 2, state: .success)
        scheduled.type = .scheduled
        let all = [Sample.run("etl", 1), scheduled, Sample.run("etl", 3, state: .failed), Sample.run("other", 4)]
        try await store.commit(all.map { .saveRun($0) }, epoch: epoch)
        func found(_ edit: (inout RunFilter) -> Void) async throws -> [String] {
            var filter = RunFilter(dagID: "etl")
            edit(&filter)
            let runs = try await store.runs(filter)
            try expect(try await store.countRuns(filter), runs.count)
            return runs.map { String($0.key.runID.last!) }
        }
        try expect(try await found { $0.dagID = nil }, ["4", "3", "2", "1"])
        try expect(try await found { _ in }, ["3", "2", "1"])
        try expect(try await found { $0.states = [.failed, .success] }, ["3", "2"])
        try expect(try await found { $0.runIDs = ["manual__1", "manual__4"] }, ["1"])
        try expect(try await found { $0.types = [.scheduled] }, ["2"])
        try expect(try await found { $0.logicalDates = [Sample.instant(1), Sample.instant(3)] }, ["3", "1"])
        try expect(try await found { $0.logicalDateFrom = Sample.instant(2) }, ["3", "2"])
        try expect(try await found { $0.logicalDateTo = Sample.instant(2) }, ["2", "1"])
        try expect(
            try await found {
                ($0.states, $0.logicalDateFrom) = ([.running, .failed], Sample.instant(2))
            }, ["3"])
    }

    /// A finished run with a row in every table that belongs to runs.
    static func fillRun(_ store: any PipelineStore, _ number: Int) async throws {
        let key = Sample.key("etl", number)
        let (old, new) = (
            Sample.task(number * 10, run: key, state: .failed), Sample.task(number * 10 + 1, run: key, state: .success)
        )
        let epoch = try await seed(store, Sample.run("etl", number, state: .success), [old])
        let pokes = [old.id, new.id].map {
            TaskReschedule(
                tryID: $0, startDate: Sample.noon, endDate: Sample.instant(1), rescheduleDate: Sample.instant(2))
        }
        try await store.commit(
            [.archiveTask(old), .saveTask(new)] + pokes.map { .saveReschedule($0) }, epoch: epoch)
        try await store.setXCom(Sample.xcom(1, run: key))
        try await store.setRenderedFields(["bash_command": "true"], of: new.key)
        try await store.setStateValue(1, .task(new.key), key: "watermark")
        try await store.track(Sample.tracking(of: new.key))
    }

    static func expectNothingLeft(_ store: any PipelineStore, _ number: Int) async throws {
        let key = Sample.key("etl", number)
        let task = TaskInstanceKey(run: key, taskID: "extract")
        try expect(try await store.run(key), nil)
        try expect(try await store.taskInstances(TaskFilter(run: key)), [])
        try expect(try await store.history(task), [])
        try expect(try await store.reschedules(tryID: Sample.id(number * 10)), [])
        try expect(try await store.reschedules(tryID: Sample.id(number * 10 + 1)), [])
        try expect(try await store.xcoms(run: key, taskIDs: nil, key: nil), [])
        try expect(try await store.renderedFields(of: task), nil)
        try expect(try await store.stateValue(.task(task), key: "watermark"), nil)
        try expect(try await store.metrics(TrackingFilter(run: key)), [])
        try expect(try await store.params(TrackingFilter(run: key)), [])
        try expect(try await store.artifacts(TrackingFilter(run: key)), [])
    }
}
