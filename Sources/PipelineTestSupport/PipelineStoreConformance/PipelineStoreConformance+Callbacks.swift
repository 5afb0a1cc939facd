import PipelineCore

extension PipelineStoreConformance {
    private static func request(_ number: Int, _ work: CallbackWork, run: Int = 1) -> CallbackRequest {
        CallbackRequest(
            id: Sample.id(number), run: Sample.key("etl", run), work: work, createdAt: Sample.instant(number))
    }

    private static var subject: CallbackTask { CallbackTask(Sample.fullTask()) }

    private static let call = DeadlineCallback(isAsync: true, path: "own.tell", kwargs: ["ü": [1, .null]])

    private static var works: [CallbackWork] {
        [
            .dag(isFailure: true, reason: "timed_out", task: subject), .dag(isFailure: false, reason: "success", task: nil),
            .task(subject, isRetry: true, message: "gone; 'quote'"), .email(subject, isRetry: false, message: "gone"),
            .deadline(call, deadlineID: Sample.id(9), deadlineTime: Sample.instant(3)),
            .webhook(target: "http://localhost/x?y=z", body: ["event": "failure"]),
        ]
    }

    private static func deadline(_ number: Int, run: Int = 1) -> Deadline {
        Deadline(
            id: Sample.id(number), run: Sample.key("etl", run), name: number == 1 ? "late" : nil,
            time: Sample.instant(10 - number), sinceQueued: number == 1 ? .microseconds(1_500_001) : nil,
            action: number == 1 ? .callback(call) : .longRunning(target: "http://localhost"))
    }

    static let callbacks: [PipelineStoreConformance] = [
        .init("callbacksAreKeptWholeUntilTheyHaveRun") { store in
            try await seed(store, Sample.run())
            let wanted = works.enumerated().map { request($0.offset + 1, $0.element) }
            try await store.commit(wanted.reversed().map { .saveCallback($0) }, epoch: try await store.currentEpoch())
            try await store.commit(wanted.map { .saveCallback($0) }, epoch: try await store.currentEpoch())
            try expect(try await store.callbacks(), wanted)
            try await store.commit([.finishCallback(Sample.id(2)), .finishCallback(Sample.id(40))], epoch: try await store.currentEpoch())
            try await store.commit([.finishCallback(Sample.id(2))], epoch: try await store.currentEpoch())
            try expect(try await store.callbacks().count, wanted.count - 1)
        },
        .init("aPostponedCallbackGetsNewAttempts") { store in
            try await seed(store, Sample.run())
            var wanted = request(1, works[5])
            try await store.commit([.saveCallback(wanted)], epoch: try await store.currentEpoch())
            (wanted.attempts, wanted.dueAt) = (3, Sample.instant(20))
            try await store.commit([.saveCallback(wanted)], epoch: try await store.currentEpoch())
            try expect(try await store.callbacks(), [wanted])
        },
        .init("aRunAndItsCallbackAreOneCommit") { store in
            let run = Sample.run(state: .failed)
            try await store.commit([.saveRun(run), .saveCallback(request(1, works[0]))], epoch: try await store.currentEpoch())
            try expect(try await store.callbacks().count, 1)
            _ = try await store.takeLeadership(holder: "b", at: Sample.noon)
            try await expect(.staleEpoch) { try await store.commit([.finishCallback(Sample.id(1))], epoch: 0) }
            try expect(try await store.callbacks().count, 1)
        },
        .init("deadlinesAreFoundByRunAndByWhetherTheyAreMissed") { store in
            for run in [1, 2] { try await seed(store, Sample.run("etl", run)) }
            let all = [deadline(1), deadline(2), deadline(3, run: 2)]
            try await store.commit(all.map { .saveDeadline($0) }, epoch: try await store.currentEpoch())
            try expect(try await store.deadlines(run: nil, isMissed: nil), all.reversed())
            try expect(try await store.deadlines(run: Sample.key("etl", 2), isMissed: nil), [all[2]])
            var missed = all[0]
            (missed.isMissed, missed.time) = (true, Sample.instant(50))
            try await store.commit([.saveDeadline(missed)], epoch: try await store.currentEpoch())
            try expect(try await store.deadlines(run: nil, isMissed: true), [missed])
            try expect(try await store.deadlines(run: Sample.key(), isMissed: false), [all[1]])
            try await store.commit([.deleteDeadline(all[1].id), .deleteDeadline(all[1].id)], epoch: try await store.currentEpoch())
            try expect(try await store.deadlines(run: Sample.key(), isMissed: nil), [missed])
        },
        .init("whatIsAskedOfARunThatHasGoneIsDropped") { store in
            try await store.commit([.saveCallback(request(1, works[0])), .saveDeadline(deadline(1))], epoch: try await store.currentEpoch())
            try expect(try await store.callbacks().count, 0)
            try expect(try await store.deadlines(run: nil, isMissed: nil).count, 0)
        },
        .init("callbacksAndDeadlinesGoWithTheirRun") { store in
            try await seed(store, Sample.run(state: .success))
            try await store.commit([.saveCallback(request(1, works[0])), .saveDeadline(deadline(1))], epoch: try await store.currentEpoch())
            let counts = try await store.countRemovable(RetentionRule(before: Sample.instant(100)))
            try expect([counts["callback"], counts["deadline"]], [1, 1])
            try expect(try await store.deleteRun(Sample.key()), true)
            try expect(try await store.callbacks().count, 0)
            try expect(try await store.deadlines(run: nil, isMissed: nil).count, 0)
        },
    ]
}
