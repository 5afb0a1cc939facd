import PipelineCore

extension PipelineStoreConformance {
    private static func backfill(_ dagID: String = "etl") -> Backfill {
        Backfill(dagID: dagID, fromDate: Sample.instant(0), toDate: Sample.instant(600), createdAt: Sample.instant(1))
    }

    private static func full() -> Backfill {
        var backfill = backfill("full")
        backfill.conf = ["n": 1, "ü": ["a", .null]]
        (backfill.reprocessBehavior, backfill.maxActiveRuns) = (.completed, 3)
        (backfill.isPaused, backfill.runOnLatestVersion) = (true, false)
        (backfill.dagVersionID, backfill.triggeringUser) = (Sample.id(77), "Ada")
        backfill.updatedAt = Sample.instant(2)
        return backfill
    }

    private static func date(_ ordinal: Int, _ reason: BackfillExceptionReason? = nil, of id: Int = 0) -> BackfillRun {
        let interval = DataInterval(start: Sample.instant(ordinal * 60), end: Sample.instant(ordinal * 60 + 60))
        let scheduled = ScheduledRun(
            runAfter: Sample.instant(ordinal * 60 + 61), logicalDate: interval.start, dataInterval: interval)
        var date = BackfillRun(backfillID: id, sortOrdinal: ordinal, scheduled: scheduled)
        date.exceptionReason = reason
        return date
    }

    private static func open(_ dagID: String? = nil) -> BackfillFilter {
        var filter = BackfillFilter()
        (filter.dagID, filter.isOpen) = (dagID, true)
        return filter
    }

    static let backfills: [PipelineStoreConformance] = [
        .init("aBackfillIsKeptWholeWithItsDates") { store in
            let first = try await store.createBackfill(backfill(), runs: [date(1), date(2, .alreadyExists), date(3)])
            var second = full()
            second = try await store.createBackfill(second, runs: [date(1, .inFlight)])
            try expect(second.id > first.id, true)
            var wanted = full()
            wanted.id = second.id
            try expect(second, wanted)
            try expect(try await store.backfills(BackfillFilter()), [first, second])
            let id = first.id
            try expect(
                try await store.backfillRuns(id: id), [date(1, of: id), date(2, .alreadyExists, of: id), date(3, of: id)])
            try expect(
                try await store.openBackfills(),
                [OpenBackfill(first, openRuns: [date(1, of: id), date(3, of: id)]), OpenBackfill(second, openRuns: [])])
        },
        .init("aDAGHasOneOpenBackfill") { store in
            let first = try await store.createBackfill(backfill(), runs: [date(1)])
            try await expect(.conflict) { _ = try await store.createBackfill(backfill(), runs: [date(2)]) }
            try expect(try await store.backfills(open()), [first])
            try expect(try await store.openBackfills().flatMap(\.openRuns), [date(1, of: first.id)])
            let epoch = try await lead(store)
            try await store.commit(
                [.finishBackfill(id: first.id, at: Sample.instant(9), isCancelled: false)], epoch: epoch)
            let second = try await store.createBackfill(backfill(), runs: [date(2)])
            try expect(try await store.backfills(open("etl")), [second])
            try expect(try await store.backfills(open("other")), [])
            var filter = BackfillFilter()
            filter.ids = [first.id]
            let done = try await store.backfills(filter)
            try expect(done.map(\.completedAt), [Sample.instant(9)])
            try expect(done.map(\.isPaused), [false])
        },
        .init("aBackfillOfManyDatesIsOneWrite") { store in
            let made = try await store.createBackfill(backfill(), runs: (1...1_201).map { date($0) })
            try expect(try await store.backfillRuns(id: made.id).map(\.sortOrdinal), Array(1...1_201))
        },
        .init("whatBecomesOfADateIsCommittedWithItsRun") { store in
            let made = try await store.createBackfill(backfill(), runs: [date(1), date(2), date(3)])
            var run = Sample.run("etl", 7)
            (run.type, run.triggeredBy, run.backfillID) = (.backfill, .backfill, made.id)
            var (settled, refused) = (date(1, of: made.id), date(2, .unknown, of: made.id))
            settled.runID = run.key.runID
            refused.runID = nil
            let changes: [StoreChange] = [.saveRun(run), .saveBackfillRun(settled), .saveBackfillRun(refused)]
            let epoch = try await lead(store)
            try await store.commit(changes, epoch: epoch)
            try await store.commit(changes, epoch: epoch)
            try expect(try await store.run(run.key)?.backfillID, made.id)
            try expect(try await store.backfillRuns(id: made.id), [settled, refused, date(3, of: made.id)])
            try expect(try await store.openBackfills().flatMap(\.openRuns), [date(3, of: made.id)])
            try await expect(.staleEpoch) {
                try await store.commit(
                    [.finishBackfill(id: made.id, at: Sample.instant(9), isCancelled: false)], epoch: epoch - 1)
            }
            try expect(try await store.backfills(open()).count, 1)
        },
        .init("aBackfillIsPausedUntilItIsCompleted") { store in
            let made = try await store.createBackfill(backfill(), runs: [date(1)])
            try expect(try await store.setBackfillPaused(true, id: made.id, at: Sample.instant(3)), true)
            var paused = made
            (paused.isPaused, paused.updatedAt) = (true, Sample.instant(3))
            try expect(try await store.backfills(open()), [paused])
            try expect(try await store.setBackfillPaused(false, id: made.id, at: Sample.instant(4)), true)
            try expect(try await store.backfills(open()).map(\.isPaused), [false])
            try expect(try await store.setBackfillPaused(true, id: made.id + 1, at: Sample.instant(4)), false)
            let epoch = try await lead(store)
            try await store.commit(
                [.finishBackfill(id: made.id, at: Sample.instant(5), isCancelled: true)], epoch: epoch)
            try expect(try await store.setBackfillPaused(false, id: made.id, at: Sample.instant(6)), false)
            let ended = try await store.backfills(BackfillFilter())
            try expect(ended.map(\.isPaused), [true])
            try expect(ended.map(\.updatedAt), [Sample.instant(5)])
        },
    ]
}
