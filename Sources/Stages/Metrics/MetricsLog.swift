import PipelineCore

/// `metrics.jsonl`: one JSON object for each epoch, and between them, if asked for, one for each step.
enum MetricsLog {
    static let fileName = "metrics.jsonl"

    /// The records of the epochs in `path`, a file or the folder that holds it.
    /// - Throws: ``StageError`` for a missing file, and with the line for one that is not JSON.
    static func epochs(in path: String) throws(StageError) -> [MetricRecord] {
        let file = FileIO.isDirectory(path) ? path + "/" + fileName : path
        guard FileIO.exists(file) else {
            throw StageError(.fileFailed, "\(file): no such file; it is written by train_model into its folder out=")
        }
        var records: [MetricRecord] = []
        for (index, line) in try FileIO.readText(file).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        where !line.isEmpty {
            guard let object = try? JSONValue.parse(String(line)).objectValue else {
                throw StageError(.corruptData, "\(file), line \(index + 1): not a JSON object")
            }
            // A step's line has its own number and no epoch's metrics.
            guard object["step"] == nil, let epoch = object["epoch"]?.intValue else { continue }
            var values = object
            values["epoch"] = nil
            records.append(MetricRecord(epoch: epoch, values: values))
        }
        guard !records.isEmpty else { throw StageError(.corruptData, "\(file): no epoch in it") }
        return records
    }
}
