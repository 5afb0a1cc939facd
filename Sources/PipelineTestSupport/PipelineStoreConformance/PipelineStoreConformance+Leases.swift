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
    ]
}
