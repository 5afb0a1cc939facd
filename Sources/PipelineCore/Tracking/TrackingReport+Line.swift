extension TrackingReport {
    /// Why a line that began like a report is none.
    package struct LineError: Error, Hashable, CustomStringConvertible {
        package var description: String

        init(_ description: String) { self.description = description }
    }

    private static let prefix = Array("{\"\(marker)\":".utf8)

    /// Whether a line of output is meant as a report.
    package static func isReport(_ line: String) -> Bool {
        var line = line
        return line.withUTF8 { $0.starts(with: prefix) }
    }

    /// The line, without a newline.
    package var line: String {
        var object: JSONObject = [Self.marker: .int(Self.version)]
        if !metrics.isEmpty {
            object["metrics"] = .object(JSONObject(metrics.map { ($0.name, .double($0.value)) }))
            object["step"] = .int(step)
            if let epoch { object["epoch"] = .int(epoch) }
        }
        if !params.isEmpty { object["params"] = .object(params) }
        if !artifacts.isEmpty { object["artifacts"] = .array(artifacts.map { .object($0.json) }) }
        return JSONValue.object(object).serialized()
    }

    /// Reads a line.
    /// - Throws: ``LineError`` with the member and what it should be.
    package init(line: String) throws(LineError) {
        guard line.utf8.count <= Self.maximumBytes else {
            throw LineError("it has \(line.utf8.count) bytes, more than \(Self.maximumBytes); report in smaller parts")
        }
        guard let object = try? JSONValue.parse(line).objectValue else { throw LineError("it is not a JSON object") }
        guard object[Self.marker]?.intValue == Self.version else {
            let found = object[Self.marker]?.serialized() ?? "nothing"
            throw LineError("\(Self.marker) is \(found), this pipeline reads version \(Self.version)")
        }
        self.init()
        metrics = try Self.metrics(object["metrics"])
        step = try Self.integer(object["step"], "step", least: 0) ?? 0
        epoch = try Self.integer(object["epoch"], "epoch", least: 0)
        params = try Self.object(object["params"], "params")
        artifacts = try Self.artifacts(object["artifacts"])
    }

    private static func metrics(_ value: JSONValue?) throws(LineError) -> [Metric] {
        var metrics: [Metric] = []
        for (name, value) in try object(value, "metrics") {
            guard let number = value.doubleValue else {
                throw LineError("metric \(name) is \(value.serialized()), not a number")
            }
            metrics.append(Metric(name, number))
        }
        return metrics
    }

    private static func integer(_ value: JSONValue?, _ name: String, least: Int) throws(LineError) -> Int? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.intValue, number >= least else {
            throw LineError("\(name) is \(value.serialized()), not an integer of at least \(least)")
        }
        return number
    }

    private static func object(_ value: JSONValue?, _ name: String) throws(LineError) -> JSONObject {
        guard let value, !value.isNull else { return [:] }
        guard let object = value.objectValue else { throw LineError("\(name) is not a JSON object") }
        for key in object.keys { try check(name: key, of: name) }
        return object
    }

    private static func artifacts(_ value: JSONValue?) throws(LineError) -> [ReportedArtifact] {
        guard let value, !value.isNull else { return [] }
        guard let elements = value.arrayValue else { throw LineError("artifacts is not a list") }
        var artifacts: [ReportedArtifact] = []
        for element in elements {
            let artifact = try ReportedArtifact(json: element)
            try check(name: artifact.name, of: "artifacts")
            artifacts.append(artifact)
        }
        return artifacts
    }

    private static func check(name: String, of member: String) throws(LineError) {
        guard (1...maximumNameBytes).contains(name.utf8.count) else {
            throw LineError("\(member) has a name of \(name.utf8.count) bytes; give 1 to \(maximumNameBytes)")
        }
    }
}

extension ReportedArtifact {
    fileprivate var json: JSONObject {
        ["name": .string(name), "path": .string(path), "bytes": .int(bytes), "sha256": .string(sha256)]
    }

    fileprivate init(json: JSONValue) throws(TrackingReport.LineError) {
        guard let name = json["name"]?.stringValue, let path = json["path"]?.stringValue,
            let bytes = json["bytes"]?.intValue, let sha256 = json["sha256"]?.stringValue, bytes >= 0,
            sha256.utf8.count == 64, sha256.allSatisfy(\.isHexDigit)
        else {
            throw TrackingReport.LineError("an artifact needs name, path, bytes and sha256 (64 hexadecimal digits)")
        }
        self.init(name: name, path: path, bytes: bytes, sha256: sha256.lowercased())
    }
}
