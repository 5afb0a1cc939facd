import PipelineCore

extension PipelineStoreConformance {
    static let xcoms: [PipelineStoreConformance] = [
        .init("xcomKeepsItsValue", checkXComValues),
        .init("xcomIsReplaced") { store in
            try await seed(store)
            try await store.setXCom(Sample.xcom(1))
            var second = Sample.xcom(["a": 2], at: 3)
            second.mappedLength = 7
            try await store.setXCom(second)
            try expect(try await store.xcom(second.task, key: XCom.returnKey), second)
        },
        .init("xcomAtTheBoundIsKept") { store in
            try await seed(store)
            let text = String(repeating: "x", count: type(of: store).maximumXComBytes - 2)
            try await store.setXCom(Sample.xcom(.string(text)))
            try expect(try await store.xcom(Sample.xcom(1).task, key: XCom.returnKey)?.value, .string(text))
        },
        .init("xcomOverTheBoundSaysSizeAndBound") { store in
            try await seed(store)
            let bound = type(of: store).maximumXComBytes
            let error = try await expect(.tooLarge) {
                try await store.setXCom(Sample.xcom(.string(String(repeating: "x", count: bound - 1))))
            }
            try expect(error.message.contains("\(bound + 1) bytes"), true)
            try expect(error.message.contains("more than the \(bound)"), true)
            try expect(try await store.xcom(Sample.xcom(1).task, key: XCom.returnKey), nil)
        },
        .init("xcomOfAnUnknownRunIsRefused") { store in
            try await expect(.notFound) { try await store.setXCom(Sample.xcom(1)) }
        },
        .init("xcomsAreOrderedByTaskMapIndexAndKey") { store in
            try await seed(store)
            let all = [
                Sample.xcom(1, "a"), Sample.xcom(2, "m", mapIndex: 2), Sample.xcom(3, "m", key: "b", mapIndex: 10),
                Sample.xcom(4, "m", key: "c", mapIndex: 10), Sample.xcom(5, "z"),
            ]
            for xcom in all.reversed() { try await store.setXCom(xcom) }
            func found(_ taskIDs: [String]?, _ key: String?) async throws -> [XCom] {
                try await store.xcoms(run: Sample.key(), taskIDs: taskIDs, key: key)
            }
            try expect(try await found(nil, nil), all)
            try expect(try await found(["m", "z"], nil), Array(all[1...]))
            try expect(try await found(nil, XCom.returnKey), [all[0], all[1], all[4]])
            try expect(try await found(["m"], "c"), [all[3]])
            try expect(try await found([], nil), [])
        },
        .init("latestXComLooksBackByLogicalDate", checkLatestXCom),
        .init("deletedXComIsGone") { store in
            let epoch = try await seed(store)
            let task = Sample.xcom(1).task
            for key in ["a", "b", "c"] { try await store.setXCom(Sample.xcom(1, key: key)) }
            try await store.setXCom(Sample.xcom(1, mapIndex: 0))
            try await store.deleteXCom(task, key: "a")
            try await store.deleteXCom(task, key: "a")
            try expect(try await store.xcoms(run: Sample.key(), taskIDs: nil, key: nil).count, 3)
            try await store.commit([.deleteXComs(task)], epoch: epoch)
            try expect(try await store.xcoms(run: Sample.key(), taskIDs: nil, key: nil).count, 1)
        },
    ]

    @Sendable
    private static func checkXComValues(_ store: any PipelineStore) async throws {
        try await seed(store)
        let values: [JSONValue] = [
            .null, true, 0, -1, 1.0, 0.1, "", "ü\u{0}\u{1F600}", [], [:], .int(.max), .int(.min), .double(.infinity),
            ["__classname__": "datetime.datetime", "__version__": 2, "__data__": ["timestamp": 1.5]],
        ]
        for (number, value) in values.enumerated() {
            try await store.setXCom(Sample.xcom(value, key: "k\(number)"))
            try expect(try await store.xcom(Sample.xcom(1).task, key: "k\(number)")?.value, value)
        }
        try await store.setXCom(Sample.xcom(.double(.nan), key: "nan"))
        try expect(try await store.xcom(Sample.xcom(1).task, key: "nan")?.value.doubleValue?.isNaN, true)
    }

    @Sendable
    private static func checkLatestXCom(_ store: any PipelineStore) async throws {
        let epoch = try await lead(store)
        var dateless = Sample.run("etl", 5)
        dateless.logicalDate = nil
        let runs = [1, 2, 3].map { Sample.run("etl", $0) } + [dateless, Sample.run("other", 2)]
        try await store.commit(runs.map { .saveRun($0) }, epoch: epoch)
        try await store.setXCom(Sample.xcom("first", run: Sample.key("etl", 1), at: 50))
        try await store.setXCom(Sample.xcom("third", run: Sample.key("etl", 3), at: 1))
        try await store.setXCom(Sample.xcom("foreign", run: Sample.key("other", 2)))
        try await store.setXCom(Sample.xcom("mapped", run: Sample.key("etl", 2), mapIndex: 0))
        func latest(_ number: Int) async throws -> JSONValue? {
            let task = TaskInstanceKey(run: Sample.key("etl", number), taskID: "extract")
            return try await store.latestXCom(task, key: XCom.returnKey)?.value
        }
        try expect(try await latest(1), "first")
        try expect(try await latest(2), "first")
        try expect(try await latest(3), "third")
        try expect(try await latest(5), "third")
        try expect(try await latest(8), nil)
    }
}
