import PipelineCore

/// A version of a DAG in a ``SimulatedCluster``: with its schedule made once.
struct ClusterDAG {
    let dag: DAG
    let versionID: UUID7
    let timetable: (any Timetable)?

    /// Assets that tasks write and DAGs wait for.
    static let assets = ["x", "y", "z"].map { AssetKey(name: $0, uri: "s3://\($0)") }
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)

    /// The same seed and version give the same DAG, whatever others there are.
    init(seed: UInt64, index: Int, version: Int) {
        var random = SplitMix64(seed: seed &+ UInt64(index) &* 7_919 &+ UInt64(version) &* 104_729)
        // What a schedule is does not change from version to version; tasks and limits do.
        var scheduling = SplitMix64(seed: seed &+ UInt64(index) &* 31)
        var generator = SimulatedDAG(seed: random.next(), id: "dag\(index)", maximumTasks: 5)
        guard let plain = try? generator.make() else { preconditionFailure("a generated DAG has a cycle") }
        var header = plain.header
        header.timetable = Self.timetable(&scheduling)
        header.startDate = Self.start + .seconds(-3_600 * Int.random(in: 0...3, using: &scheduling))
        header.endDate = Self.start + .seconds(3_600 * Int.random(in: 0...3, using: &scheduling))
        header.catchup = Bool.random(using: &scheduling)
        // A DAG that waits for assets writes none: it could start itself for ever.
        let writes = !header.timetable.waitsForAssets
        let tasks = plain.tasks.map { Self.configured($0, writes: writes, &random) }
        guard let dag = try? DAG(header: header, tasks: tasks, rootGroup: plain.rootGroup) else {
            preconditionFailure("a DAG whose tasks were configured has a cycle")
        }
        self.dag = dag
        versionID = UUID7(high: UInt64(index) << 16 | 0x7000, low: UInt64(version))
        timetable = Self.made(header.timetable)
    }

    func schedule(isPaused: Bool, last: DAGRun?) -> DAGSchedule {
        var interval: DataInterval?
        if let start = last?.dataIntervalStart, let end = last?.dataIntervalEnd {
            interval = DataInterval(start: start, end: end)
        }
        return DAGSchedule(dag.header, timetable: timetable, isPaused: isPaused, last: interval)
    }

    private static let factory = TimetableFactory { _ in .utc }

    private static func made(_ definition: TimetableDefinition) -> (any Timetable)? {
        (try? factory.timetable(definition)) ?? nil
    }

    private static func timetable(_ random: inout SplitMix64) -> TimetableDefinition {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: .null
        case 2: .cronTrigger(expression: "0 * * * *", timezone: "UTC", interval: .zero, runImmediately: .never)
        case 3: .cronDataInterval(expression: "*/30 * * * *", timezone: "UTC")
        case 4: .deltaTrigger(delta: .init(duration: .seconds(2_400)), interval: .init())
        case 5: .deltaDataInterval(delta: .init(duration: .seconds(3_000)))
        case 6: .assetOrTime(condition: condition(&random), timetable: .cronDataInterval(expression: "0 * * * *", timezone: "UTC"))
        case 7: .once
        default: .assetTriggered(condition: condition(&random))
        }
    }

    private static func condition(_ random: inout SplitMix64) -> JSONValue {
        let count = Int.random(in: 1...3, using: &random)
        let leaves = assets.prefix(count).map { JSONValue.object(["__type": "asset", "name": .string($0.name), "uri": .string($0.uri)]) }
        return ["__type": Bool.random(using: &random) ? "asset_all" : "asset_any", "objects": .array(leaves)]
    }

    /// Half of the tasks are pods; some write assets.
    private static func configured(_ task: TaskDefinition, writes: Bool, _ random: inout SplitMix64) -> TaskDefinition {
        var task = task
        if Bool.random(using: &random) { task.operatorName = Self.pod }
        if writes, Int.random(in: 0..<3, using: &random) == 0, let asset = assets.randomElement(using: &random), !task.isEmpty {
            task.outlets = [["name": .string(asset.name), "uri": .string(asset.uri), "type": "Asset"]]
        }
        return task
    }

    static let pod = "KubernetesPodOperator"
}

extension TimetableDefinition {
    fileprivate var waitsForAssets: Bool {
        switch self {
        case .assetTriggered, .assetOrTime: true
        default: false
        }
    }
}

extension TaskLaunch {
    /// It runs in a pod, and goes on whatever becomes of the scheduler.
    var isPod: Bool { task.operatorName == ClusterDAG.pod }
}
