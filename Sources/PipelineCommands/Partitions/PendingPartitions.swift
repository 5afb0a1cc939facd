import PipelineCore

/// The partitions that wait for events, and what for.
struct PendingPartitions {
    let library: DAGLibrary
    let store: any PipelineStore

    /// One row for each asset that has had an event, oldest partition first.
    func rows(dagID: String? = nil) async throws -> [JSONObject] {
        let queue = try await store.partitionQueue()
        let active = Set(try await store.assets().filter(\.isActive).map(\.key))
        let arrivals = Dictionary(grouping: queue.arrivals, by: \.target)
        return queue.pending.filter { dagID == nil || $0.target.dagID == dagID }.flatMap { pending in
            rows(pending, arrivals[pending.target] ?? [], active)
        }
    }

    /// `dag: key` for each pending partition that an event of the asset counts for.
    func names(of asset: AssetKey) async throws -> [String] {
        let targets = try await store.partitionQueue().arrivals.filter { $0.asset == asset }.map(\.target)
        return Set(targets).sorted().map { "\($0.dagID): \($0.key)" }
    }

    private func rows(
        _ pending: PendingPartition, _ arrivals: [PartitionArrival], _ active: Set<AssetKey>
    ) -> [JSONObject] {
        let target: JSONObject = [
            "dag_id": .string(pending.target.dagID), "partition_key": .string(pending.target.key),
            "since": RunDocument.time(pending.createdAt),
        ]
        guard let schedule = schedule(pending.target.dagID) else {
            return [target.merging(["asset": .null, "received": .null, "required": .null, "missing": .null,
                "reason": "its DAG is not in the folder, or has no partitions"])]
        }
        let progress = PartitionProgress(pending, arrivals, schedule, isActive: active.contains)
        let missing = schedule.condition.leaves.compactMap { waiting($0, progress) }
        return progress.parts.map { target.merging(Self.row($0)) } + missing.map { target.merging($0) }
    }

    private func schedule(_ dagID: String) -> PartitionedSchedule? {
        guard let loaded = library.catalog.dag(dagID) else { return nil }
        return ((try? library.timetable(of: loaded.dag.header)) as? PartitionedAssetTimetable)?.schedule
    }

    private static func row(_ part: PartitionProgress.Part) -> JSONObject {
        let missing = part.requirement.map { $0.expected.subtracting(part.arrived).sorted() } ?? []
        let required = part.requirement.map { $0.policy.threshold(expected: $0.expected.count) } ?? 1
        let received = part.requirement.map { $0.expected.intersection(part.arrived).count } ?? part.arrived.count
        return [
            "asset": .string(part.asset.name), "received": .int(received), "required": .int(required),
            "missing": .array(missing.map { .string($0) }),
            "reason": part.isSatisfied ? .null : "waits for more keys of the asset",
        ]
    }

    /// An asset that has had no event for the partition yet.
    private func waiting(_ leaf: AssetCondition, _ progress: PartitionProgress) -> JSONObject? {
        let name: String
        switch leaf {
        case .asset(let asset) where !progress.parts.contains(where: { $0.asset == asset }): name = asset.name
        case .reference(let given?, _) where !progress.parts.contains(where: { $0.asset.name == given }): name = given
        case .reference(nil, let uri?) where !progress.parts.contains(where: { $0.asset.uri == uri }): name = uri
        default: return nil
        }
        return [
            "asset": .string(name), "received": 0, "required": 1, "missing": [],
            "reason": "no event of the asset yet, or the asset is not active",
        ]
    }
}
