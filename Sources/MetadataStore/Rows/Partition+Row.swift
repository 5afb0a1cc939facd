import PipelineCore

extension AssetEventReference {
    /// Number, or source, instant and ordinal: what `ReferredEvent` takes.
    var row: [SQLValue] {
        switch self {
        case .id(let id): [.int(id)] + Array(repeating: .null, count: 6)
        case .task(let task, let instant, let ordinal): [.null] + task.row + [.timestamp(instant), .int(ordinal)]
        }
    }
}

extension PendingPartition {
    var row: [SQLValue] {
        [
            .text(target.dagID), .text(target.key), .timestamp(date), .text(fingerprint), .timestamp(createdAt),
        ]
    }

    init(_ row: inout RowReader) throws {
        let target = PartitionTarget(dagID: try row.text(), key: try row.text())
        self.init(
            target: target, date: try row.optionalTimestamp(), fingerprint: try row.text(),
            createdAt: try row.timestamp())
    }
}

extension PartitionArrival {
    var row: [SQLValue] {
        event.row + [.text(target.dagID), .text(target.key), .text(sourceKey), .json(answer?.json)]
    }

    init(_ row: inout RowReader) throws {
        let target = PartitionTarget(dagID: try row.text(), key: try row.text())
        let (asset, event) = (try AssetKey(&row), AssetEventReference.id(try row.int()))
        let sourceKey = try row.text()
        self.init(
            target: target, asset: asset, event: event, sourceKey: sourceKey,
            answer: try row.optionalJSON().map { try CustomPartition($0) })
    }
}

extension PartitionQuestion {
    var row: [SQLValue] {
        event.row + [
            .text(dagID), .text(sourceKey), .timestamp(sourceDate), .text(fingerprint), .timestamp(at),
        ]
    }

    init(_ row: inout RowReader) throws {
        let (dagID, asset, event) = (try row.text(), try AssetKey(&row), AssetEventReference.id(try row.int()))
        let (key, date) = (try row.text(), try row.optionalTimestamp())
        self.init(
            dagID: dagID, asset: asset, event: event, sourceKey: key, sourceDate: date, fingerprint: try row.text(),
            at: try row.timestamp())
    }
}
