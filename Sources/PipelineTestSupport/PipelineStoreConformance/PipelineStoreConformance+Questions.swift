import PipelineCore

extension PipelineStoreConformance {
    private static func detail(_ number: Int = 1, run: Int = 1) -> HITLDetail {
        let task = Sample.task(number, "approve", run: Sample.key("etl", run), mapIndex: number)
        var detail = HITLDetail(
            tryID: task.id, task: task.key, options: ["Approve", "Ablehnen – 'nein'"], subject: "Ship \(number)?",
            body: "**bold**\n", defaults: ["Approve"], multiple: true,
            params: ["why": ["value": .null, "description": "d", "schema": ["type": ["null", "string"]]], "n": 1],
            assignedUsers: [HITLUser(id: "1", name: "Ada")], createdAt: Sample.instant(number))
        if number > 1 { (detail.body, detail.defaults, detail.assignedUsers) = (nil, nil, []) }
        return detail
    }

    private static let answer = HITLResponse(
        chosenOptions: ["Approve"], paramsInput: ["why": "because", "n": 2], respondedBy: HITLUser(id: "1", name: "Ada"),
        respondedAt: Sample.instant(9))

    static let questions: [PipelineStoreConformance] = [
        .init("aQuestionIsKeptWhole") { store in
            try await seed(store, Sample.run())
            for number in [1, 2] { try await store.saveHITLDetail(detail(number)) }
            try expect(try await store.hitlDetail(tryID: Sample.id(1)), detail(1))
            try expect(try await store.hitlDetail(tryID: Sample.id(2)), detail(2))
            try expect(try await store.hitlDetail(tryID: Sample.id(3)), nil)
        },
        .init("aQuestionOfNoRunIsRefused") { store in
            try await expect(.notFound) { try await store.saveHITLDetail(detail()) }
        },
        .init("theFirstAnswerCounts") { store in
            try await seed(store, Sample.run())
            try await store.saveHITLDetail(detail())
            try expect(try await store.respond(answer, tryID: Sample.id(2)), false)
            try expect(try await store.respond(answer, tryID: Sample.id(1)), true)
            var late = answer
            (late.respondedBy, late.chosenOptions) = (nil, ["Ablehnen – 'nein'"])
            try expect(try await store.respond(late, tryID: Sample.id(1)), false)
            try expect(try await store.hitlDetail(tryID: Sample.id(1))?.response, answer)
        },
        .init("aQuestionPutAgainForgetsItsAnswer") { store in
            try await seed(store, Sample.run())
            try await store.saveHITLDetail(detail())
            var byNobody = answer
            byNobody.respondedBy = nil
            _ = try await store.respond(byNobody, tryID: Sample.id(1))
            try expect(try await store.hitlDetail(tryID: Sample.id(1))?.response, byNobody)
            try await store.saveHITLDetail(detail())
            try expect(try await store.hitlDetail(tryID: Sample.id(1)), detail())
        },
        .init("questionsAreFoundByWhatTheyAreAbout") { store in
            try await seed(store, Sample.run())
            try await seed(store, Sample.run("etl", 2))
            for (number, run) in [(3, 1), (1, 1), (2, 2)] { try await store.saveHITLDetail(detail(number, run: run)) }
            _ = try await store.respond(answer, tryID: Sample.id(3))
            func numbers(_ change: (inout HITLFilter) -> Void) async throws -> [Int] {
                var filter = HITLFilter()
                change(&filter)
                return try await store.hitlDetails(filter).map(\.task.mapIndex)
            }
            try expect(try await numbers { _ in }, [1, 2, 3])
            try expect(try await numbers { $0.isAnswered = true }, [3])
            try expect(try await numbers { $0.isAnswered = false }, [1, 2])
            try expect(try await numbers { ($0.dagID, $0.runID) = ("etl", Sample.key("etl", 2).runID) }, [2])
            try expect(try await numbers { $0.taskID = "other" }, [])
            try expect(try await numbers { $0.tryIDs = [Sample.id(1), Sample.id(3)] }, [1, 3])
        },
        .init("questionsGoWithTheirRun") { store in
            try await seed(store, Sample.run(state: .success))
            try await store.saveHITLDetail(detail())
            let counts = try await store.countRemovable(RetentionRule(before: Sample.instant(100)))
            try expect(counts["hitl_detail"], 1)
            try expect(try await store.deleteRun(Sample.key()), true)
            try expect(try await store.hitlDetail(tryID: Sample.id(1)), nil)
        },
    ]
}
