package import PipelineCore

/// Random DAGs: rules, retries, pools, mapping, groups, setups and teardowns, branches, empty tasks.
package struct SimulatedDAG {
    private var random: SplitMix64
    private var builder: DAGBuilder
    private var ids: [String] = []
    private var unmapped: [String] = []

    private let maximumTasks: Int

    package init(seed: UInt64, id: String, maximumTasks: Int = 9) {
        self.maximumTasks = maximumTasks
        random = SplitMix64(seed: seed)
        builder = DAGBuilder(id)
    }

    package mutating func make() throws -> DAG {
        configureHeader()
        for index in 0..<Int.random(in: 1...maximumTasks, using: &random) { addTask("t\(index)") }
        if chance(4) { addMappedGroup() }
        if chance(4) { addSetupAndTeardown() }
        return try builder.build()
    }

    private mutating func configureHeader() {
        builder.header.maxActiveTasks = Int.random(in: 1...5, using: &random)
        builder.header.maxActiveRuns = Int.random(in: 1...3, using: &random)
        builder.header.failFast = chance(8)
        (builder.header.hasOnSuccessCallback, builder.header.hasOnFailureCallback) = (true, true)
        builder.header.catchup = chance(2)
        if chance(8) { builder.header.dagRunTimeout = .seconds(Int.random(in: 50...5_000, using: &random)) }
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func upstream() -> [String] {
        guard !ids.isEmpty else { return [] }
        let count = Int.random(in: 0...min(3, ids.count), using: &random)
        return Array(Set((0..<count).map { _ in Int.random(in: 0..<ids.count, using: &random) }).sorted().map { ids[$0] })
    }

    private mutating func addTask(_ id: String) {
        var upstream = upstream()
        let input = chance(4) ? expandInput() : nil
        if let input { upstream = Array(Set(upstream + input.references.flatMap(\.taskIDs))).sorted() }
        let draft = draft(id, input)
        builder.task(id, after: upstream) { task in
            let downstream = task.downstream
            task = draft
            task.downstream = downstream
        }
        ids.append(id)
        if input == nil { unmapped.append(id) }
    }

    private mutating func draft(_ id: String, _ input: ExpandInput?) -> TaskDefinition {
        var task = TaskDefinition(id: id, operatorName: "SimulatedOperator")
        task.expandInput = input
        task.isEmpty = input == nil && chance(5)
        task.canSkipDownstream = !task.isEmpty && input == nil && chance(6)
        if chance(3), let rule = TriggerRule.allCases.randomElement(using: &random) { task.triggerRule = rule }
        task.retry.retries = Int.random(in: 0...2, using: &random)
        task.retry.delay = .seconds(Int.random(in: 0...60, using: &random))
        if chance(4) { task.retry.exponentialBackoff = 2 }
        if chance(3) { (task.pool, task.poolSlots) = ("small", Int.random(in: 1...2, using: &random)) }
        task.priorityWeight = Int.random(in: 1...5, using: &random)
        if chance(6) { task.maxActiveTIsPerDag = Int.random(in: 1...2, using: &random) }
        if chance(6) { task.maxActiveTIsPerDagRun = Int.random(in: 1...2, using: &random) }
        if chance(10) {
            task.startInTrigger = TaskOutcome.Deferral(
                triggerClass: "T", triggerKwargs: .null, timeout: chance(2) ? .seconds(300) : nil,
                nextMethod: "execute_complete", nextKwargs: .null)
        }
        task.dependsOnPast = chance(8)
        task.waitForDownstream = task.dependsOnPast && chance(2)
        return task
    }

    private mutating func expandInput() -> ExpandInput {
        guard let source = unmapped.randomElement(using: &random), chance(2) else {
            return .literal(Int.random(in: 0...4, using: &random))
        }
        guard let other = ids.randomElement(using: &random), chance(3) else { return .result(of: source) }
        let pair: [XComReference] = [
            .plain(taskID: source, key: XCom.returnKey), .plain(taskID: other, key: XCom.returnKey),
        ]
        let reference: XComReference = chance(2) ? .zip(pair, fillValue: nil) : .concat(pair)
        return .listOfDicts(.xcom(.map(reference, callables: [])))
    }

    private mutating func addMappedGroup() {
        let input = expandInput()
        let roots = input.references.flatMap(\.taskIDs)
        let first = draft("g.a", nil)
        var second = draft("g.b", nil)
        second.triggerRule = chance(2) ? .allSuccess : second.triggerRule
        builder.task("g.a", after: Array(Set(roots)).sorted()) { $0 = first }
        builder.task("g.b", after: ["g.a"]) { $0 = second }
        builder.mappedGroup("g", over: input, tasks: ["g.a", "g.b"])
        builder.task("after_g", after: ["g.b"])
        ids += ["after_g"]
    }

    private mutating func addSetupAndTeardown() {
        let below = ids.suffix(2)
        builder.task("setup", after: upstream().filter { !below.contains($0) }) { $0.isSetup = true }
        builder.task("inner", after: ["setup"])
        builder.task("work", after: ["inner"]) { $0.retry.retries = 1 }
        let fails = chance(3)
        builder.task("teardown", after: ["setup", "work"]) { task in
            task.isTeardown = true
            task.triggerRule = .allDoneSetupSuccess
            task.onFailureFailDagRun = fails
        }
    }
}
