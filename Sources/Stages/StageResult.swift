import PipelineCore

/// What a stage hands on: the last line of standard output, and the XCom file where somebody waits for one.
struct StageResult {
    /// Without numbers that JSON has no words for.
    let value: JSONValue

    init(value: JSONValue) { self.value = value.withFiniteNumbers }

    /// The line goes first: whatever becomes of the file, the result of hours of work is to be seen.
    func deliver(to host: StageHost) throws(StageError) {
        let printed = Result { () throws(StageError) in try host.output.deliver(value.serialized() + "\n") }
        if let path = Self.xcomPath(host) { try FileIO.writeAtomically(value.serializedUTF8(), to: path) }
        try printed.get()
    }

    /// Makes sure, before any work, that the XCom file can be written; makes its folder where that is missing.
    static func prepare(_ host: StageHost) throws(StageError) {
        guard let path = xcomPath(host) else { return }
        guard !FileIO.isDirectory(path) else {
            throw StageError(.fileFailed, "PIPELINE_XCOM_PATH: \(path) is a folder; give the name of a file")
        }
        let folder = FileIO.parent(of: path)
        do {
            try FileIO.createDirectories(folder)
            try FileIO.checkWritable(folder.isEmpty ? "." : folder)
        } catch {
            throw StageError(.fileFailed, "PIPELINE_XCOM_PATH: \(path) cannot be written", cause: error)
        }
    }

    /// `PIPELINE_XCOM_PATH` goes before the side car's folder, which exists only in a pod with a side car.
    private static func xcomPath(_ host: StageHost) -> String? {
        if let path = host.environment["PIPELINE_XCOM_PATH"], !path.isEmpty { return path }
        return FileIO.isDirectory(host.xcomDirectory) ? host.xcomDirectory + "/return.json" : nil
    }
}
