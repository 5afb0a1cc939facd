package import PipelineCore

extension SQLPipelineStore {
    package func lastPartitionedRuns() async throws -> [DAGRun] { try await runs("SelectLastPartitionedRuns", []) }

    package func partitionQueue() async throws -> PartitionQueue {
        var queue = PartitionQueue()
        queue.pending = try await rows("SelectPartitions", [], table: "asset_partition_dag_run", keyLength: 2) {
            try PendingPartition(&$0)
        }
        queue.arrivals = try await rows("SelectPartitionLog", [], table: "partitioned_asset_key_log", keyLength: 5) {
            try PartitionArrival(&$0)
        }
        queue.questions = try await rows(
            "SelectMappingQuestions", [], table: "partition_mapping_question", keyLength: 4
        ) { try PartitionQuestion(&$0) }
        return queue
    }
}
