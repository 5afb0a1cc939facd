import PipelineCore

/// Whether two trainings had the same data, from what their summaries and checkpoints say of them.
enum DataIdentity {
    /// SHA-256 of the rows that were trained on, and of those that were validated on.
    static let checkSums = ["train_sha256", "val_sha256"]

    enum Match: Sendable, Hashable {
        case same
        /// The same name and sizes, but one side was written before check sums were.
        case unverified
        case different
    }

    static func match(_ own: JSONObject, _ other: JSONObject) -> Match {
        if own == other { return .same }
        guard withoutCheckSums(own) == withoutCheckSums(other) else { return .different }
        let isKnown = [own, other].allSatisfy { side in checkSums.allSatisfy { side[$0] != nil } }
        return isKnown ? .different : .unverified
    }

    /// The first member that differs.
    static func difference(_ own: JSONObject, _ other: JSONObject) -> String? {
        own.keys.first { own[$0] != other[$0] }
    }

    private static func withoutCheckSums(_ data: JSONObject) -> JSONObject {
        JSONObject(data.filter { !checkSums.contains($0.key) }.map { ($0.key, $0.value) })
    }
}
