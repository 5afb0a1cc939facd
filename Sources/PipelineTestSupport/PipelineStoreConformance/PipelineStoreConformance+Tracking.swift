import PipelineCore

extension PipelineStoreConformance {
    static let tracking: [PipelineStoreConformance] = [
        .init("trackedRowsKeepTheirValues", checkTrackedValues),
        .init("aRepeatedReportChangesNothing") { store in
            try await seed(store)
            let first = Sample.tracking(of: Sample.trackedTask, at: 1)
            try await store.track(first)
            try await store.track(Sample.tracking(of: Sample.trackedTask, tryNumber: 2, at: 9))
            try await expectTracked(store, first)
        },
        .init("aLaterTryReplacesAnEarlierOneButNotTheReverse") { store in
            try await seed(store)
            let late = Sample.tracking(of: Sample.trackedTask, value: 0.25, tryNumber: 2, at: 2)
            try await store.track(Sample.tracking(of: Sample.trackedTask, at: 1))
            try await store.track(late)
            try await expectTracked(store, late)
            try await store.track(Sample.tracking(of: Sample.trackedTask, value: 0.75, tryNumber: 1, at: 3))
            try await expectTracked(store, late)
        },
        .init("aBatchMayNameOneRowTwice") { store in
            try await seed(store)
            var batch = Sample.tracking(of: Sample.trackedTask, at: 1)
            let late = Sample.tracking(of: Sample.trackedTask, value: 0.25, tryNumber: 2, at: 2)
            batch.metrics = late.metrics + batch.metrics
            batch.params += late.params
            batch.artifacts += late.artifacts
            try await store.track(batch)
            try await expectTracked(store, late)
        },
        .init("trackingIsFilteredByTaskAndName", checkTrackingFilters),
        .init("trackingOfAnUnknownRunIsRefused") { store in
            try await expect(.notFound) { try await store.track(Sample.tracking(of: Sample.trackedTask)) }
        },
        .init("anEmptyBatchIsNothing") { store in try await store.track(TrackingBatch()) },
    ]

    @Sendable
    private static func checkTrackedValues(_ store: any PipelineStore) async throws {
        try await seed(store)
        let values: [Double] = [0, -0.0, 0.1, -1e300, .infinity, -.infinity, .leastNonzeroMagnitude]
        var batch = Sample.tracking(of: Sample.trackedTask)
        batch.metrics = values.enumerated().map { number, value in
            Sample.metric(Sample.trackedTask, step: number, epoch: number == 3 ? nil : number, value: value)
        }
        batch.params = [JSONValue.null, 1, 0.5, "ü\n", [1, "a"], ["b": false]].enumerated().map { number, value in
            TrackedParam(
                task: Sample.trackedTask, name: "p\(number)", value: value, tryNumber: 1, timestamp: Sample.noon)
        }
        try await store.track(batch)
        try await expectTracked(store, batch)
        var nan = TrackingBatch()
        nan.metrics = [Sample.metric(Sample.trackedTask, step: 99, epoch: nil, value: .nan)]
        try await store.track(nan)
        try await store.track(nan)
        try expect(try await store.metrics(TrackingFilter(run: Sample.key())).last?.value.isNaN, true)
    }

    @Sendable
    private static func checkTrackingFilters(_ store: any PipelineStore) async throws {
        try await seed(store)
        let tasks = [("a", -1), ("m", 0), ("m", 10), ("z", -1)].map { taskID, mapIndex in
            TaskInstanceKey(run: Sample.key(), taskID: taskID, mapIndex: mapIndex)
        }
        for task in tasks.reversed() {
            var batch = Sample.tracking(of: task)
            batch.metrics += [10, 9].map { Sample.metric(task, "accuracy", step: $0, epoch: nil, value: 1) }
            try await store.track(batch)
        }
        func found(_ taskIDs: [String], _ names: [String]) async throws -> [TrackedMetric] {
            try await store.metrics(TrackingFilter(run: Sample.key(), taskIDs: taskIDs, names: names))
        }
        try expect(try await found([], []).map(\.task), tasks.flatMap { [$0, $0, $0] })
        try expect(try await found([], ["accuracy"]).map(\.step), [9, 10, 9, 10, 9, 10, 9, 10])
        try expect(try await found(["m"], ["val_loss", "none"]).map(\.task), Array(tasks[1...2]))
        let filter = TrackingFilter(run: Sample.key(), taskIDs: ["z"], names: ["model"])
        try expect(try await store.artifacts(filter).map(\.task), [tasks[3]])
        try expect(try await store.params(filter), [])
        try expect(try await store.params(TrackingFilter(run: Sample.key())).map(\.task), tasks)
        try expect(try await store.metrics(TrackingFilter(run: Sample.key("etl", 2))), [])
    }

    private static func expectTracked(_ store: any PipelineStore, _ batch: TrackingBatch) async throws {
        let filter = TrackingFilter(run: Sample.key())
        try expect(try await store.metrics(filter), batch.metrics)
        try expect(try await store.params(filter), batch.params)
        try expect(try await store.artifacts(filter), batch.artifacts)
    }
}

extension Sample {
    static let trackedTask = TaskInstanceKey(run: key(), taskID: "extract")

    static func metric(
        _ task: TaskInstanceKey, _ name: String = "val_loss", step: Int, epoch: Int?, value: Double,
        tryNumber: Int = 1, at minute: Int = 0
    ) -> TrackedMetric {
        TrackedMetric(
            task: task, name: name, step: step, epoch: epoch, value: value, tryNumber: tryNumber,
            timestamp: instant(minute))
    }

    /// One row for each of the three tables, which differ with `value`.
    static func tracking(
        of task: TaskInstanceKey, value: Double = 0.5, tryNumber: Int = 1, at minute: Int = 0
    ) -> TrackingBatch {
        var batch = TrackingBatch()
        batch.metrics = [metric(task, step: 7, epoch: 1, value: value, tryNumber: tryNumber, at: minute)]
        batch.params = [
            TrackedParam(
                task: task, name: "lr", value: .double(value), tryNumber: tryNumber, timestamp: instant(minute))
        ]
        let file = ReportedArtifact(
            name: "model", path: "/out/\(value)", bytes: 1 << 40, sha256: String(repeating: "0f", count: 32))
        batch.artifacts = [
            TrackedArtifact(task: task, file: file, tryNumber: tryNumber, timestamp: instant(minute))
        ]
        return batch
    }
}
