import PipelineCore

extension PipelineStoreConformance {
    static let leases: [PipelineStoreConformance] = [
        .init("nobodyLeadsAtFirst") { store in
            try expect(try await store.lease(at: Sample.noon), nil)
            try expect(try await store.renewLease(epoch: 0, at: Sample.noon), false)
        },
        .init("aLeaseInForceIsNotTaken") { store in
            let first = try await store.claimLease(holder: "a", lasting: .seconds(60), at: Sample.noon)
            try expect(first, 1)
            let second = try await store.claimLease(holder: "b", lasting: .seconds(60), at: Sample.noon)
            try expect(second, nil)
            let lease = try await store.lease(at: Sample.noon)
            try expect(lease?.holder, "a")
            try expect(lease?.epoch, 1)
            try expect((lease?.age ?? .seconds(99)) < .seconds(60), true)
            try expect(try await store.currentEpoch(), 1)
        },
        .init("aLeaseThatIsOverIsTakenAndItsHolderIsFencedOut") { store in
            let old = try await store.claimLease(holder: "a", lasting: .seconds(60), at: Sample.noon)
            let new = try await store.claimLease(holder: "b", lasting: .zero, at: Sample.noon)
            try expect(new, 2)
            try expect(try await store.renewLease(epoch: old ?? 0, at: Sample.noon), false)
            try await store.releaseLease(epoch: old ?? 0)
            try expect(try await store.lease(at: Sample.noon)?.holder, "b")
            try await expect(.staleEpoch) { try await store.commit([.saveRun(Sample.run())], epoch: old ?? 0) }
            try await store.commit([.saveRun(Sample.run())], epoch: new ?? 0)
        },
        .init("aClockThatWasSetBackKeepsNobodyOut") { store in
            _ = try await store.claimLease(holder: "a", lasting: .zero, at: Sample.noon)
            let next = try await store.claimLease(holder: "b", lasting: .zero, at: Sample.noon - .seconds(86_400))
            try expect(next, 2)
        },
        .init("aRenewedLeaseStaysAndAReleasedOneIsFree") { store in
            let epoch = try await store.claimLease(holder: "a", lasting: .seconds(60), at: Sample.noon)
            try expect(try await store.renewLease(epoch: epoch ?? 0, at: Sample.instant(1)), true)
            try await store.releaseLease(epoch: epoch ?? 0)
            try expect(try await store.lease(at: Sample.instant(1)), nil)
            try expect(try await store.renewLease(epoch: epoch ?? 0, at: Sample.instant(1)), false)
            let next = try await store.claimLease(holder: "b", lasting: .seconds(60), at: Sample.instant(1))
            try expect(next, 2)
        },
        .init("theLastAutomatedRunOfEachDAG") { store in
            try await store.saveDAGRecords([Sample.record("etl"), Sample.record("other")])
            for (number, type) in [(1, RunType.scheduled), (3, .backfill), (2, .scheduled), (4, .manual)] {
                var run = Sample.run("etl", number)
                run.type = type
                run.logicalDate = Sample.instant(number)
                try await seed(store, run)
            }
            let last = try await store.lastAutomatedRuns()
            try expect(last.map(\.type), [.backfill])
            try expect(last.map(\.logicalDate), [Sample.instant(3)])
        },
        .init("requestsStayUntilTheCommitThatCarriesThemOut") { store in
            let epoch = try await seed(store)
            let run = Sample.run().key
            let clear = SchedulerRequest.clear(
                ClearRequest(run: run, taskIDs: ["a"], mapIndexes: [0, 2], includeDownstream: true, onlyFailed: true))
            let wanted: [SchedulerRequest] = [
                clear, .cancel(run, reason: "\"why\""),
                .setTaskState(TaskInstanceKey(run: run, taskID: "a", mapIndex: 3), .success),
            ]
            var numbers: [Int] = []
            for request in wanted { numbers.append(try await store.addRequest(request, at: Sample.noon)) }
            try expect(numbers, numbers.sorted())
            try expect(try await store.requests(after: 0).map(\.request), wanted)
            try expect(try await store.requests(after: numbers[1]).map(\.number), [numbers[2]])
            try await expect(.staleEpoch) { try await store.commit([.finishRequest(numbers[0])], epoch: epoch - 1) }
            try await store.commit([.finishRequest(numbers[0]), .finishRequest(numbers[2])], epoch: epoch)
            try await store.commit([.finishRequest(numbers[0])], epoch: epoch)
            try expect(try await store.requests(after: 0).map(\.number), [numbers[1]])
            try expect(try await store.addRequest(clear, at: Sample.noon) > numbers[2], true)
        },
    ]
}
