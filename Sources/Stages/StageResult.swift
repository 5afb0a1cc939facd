import PipelineCore

/// What a stage hands on: the last line of standard output, and the XCom file where somebody waits for one.
struct StageResult {
    var value: JSONValue

    func deliver(to host: StageHost) throws {
        if let path = xcomPath(host) { try FileIO.writeAtomically(value.serializedUTF8(), to: path) }
        host.output.write(value.serialized() + "\n")
    }

    /// `PIPELINE_XCOM_PATH` goes before the side car's folder, which exists only in a pod with a side car.
    private func xcomPath(_ host: StageHost) -> String? {
        if let path = host.environment["PIPELINE_XCOM_PATH"], !path.isEmpty { return path }
        return FileIO.isDirectory(host.xcomDirectory) ? host.xcomDirectory + "/return.json" : nil
    }
}
