package import PipelineCore

/// The recorded events of a real watch, one JSON object a line, with `at` in seconds since the watch began where the
/// recording has it.
package struct RecordedStream: Sendable {
    package struct Line: Sendable {
        /// With its line end, as recorded.
        package var bytes: [UInt8]
        package var at: Duration
        package var type: String
        package var object: JSONValue
    }

    package var lines: [Line]

    /// - Throws: ``JSONParseError`` for a line that is no JSON.
    package init(ndjson bytes: [UInt8]) throws(JSONParseError) {
        lines = []
        for text in bytes.split(separator: 0x0A) {
            let value = try JSONValue.parse(utf8: Array(text))
            lines.append(
                Line(
                    bytes: Array(text) + [0x0A], at: Duration(fractionalSeconds: value["at"]?.doubleValue ?? 0),
                    type: value["type"]?.stringValue ?? "", object: value["object"] ?? [:]))
        }
    }

    /// The lines of each pod by its name, in their order; of Events those about it. Bookmarks are left out.
    package var linesByPod: [String: [Line]] {
        var result: [String: [Line]] = [:]
        for line in lines where line.type != "BOOKMARK" {
            let name = line.object.at("involvedObject", "name")?.stringValue ?? line.object.name
            result[name, default: []].append(line)
        }
        return result
    }

    /// The recording of one pod.
    package func only(_ pod: String) -> RecordedStream {
        var result = self
        result.lines = linesByPod[pod] ?? []
        return result
    }
}

/// A recording that waits for its watch.
struct Recording {
    let stream: RecordedStream
    let matcher: KubernetesDouble.CallMatcher
    /// Bytes a piece; `nil` sends lines whole.
    let chunkSize: Int?
    /// Lines come at their time since the watch began; otherwise all at once.
    let isTimed: Bool
}

extension APICore {
    mutating func takeRecording(for call: KubernetesDouble.Call) -> Recording? {
        guard let index = recordings.firstIndex(where: { $0.matcher.matches(call) }) else { return nil }
        return recordings.remove(at: index)
    }

    mutating func play(_ recording: Recording, to id: Int) {
        exchanges[id]?.mode = .recording
        sendHead(id, Self.jsonHead)
        guard recording.isTimed else { return playAtOnce(recording, to: id) }
        let last = recording.stream.lines.indices.last
        for (index, line) in recording.stream.lines.enumerated() {
            for piece in Self.pieces(line.bytes, recording.chunkSize) {
                add(.recorded(exchange: id, piece, isLast: false), after: line.at)
            }
            if index == last { add(.recorded(exchange: id, [], isLast: true), after: line.at) }
        }
    }

    private mutating func playAtOnce(_ recording: Recording, to id: Int) {
        for piece in Self.pieces(recording.stream.lines.flatMap(\.bytes), recording.chunkSize) { send(id, piece) }
        end(id)
    }

    mutating func play(_ bytes: [UInt8], _ isLast: Bool, to id: Int) {
        send(id, bytes)
        if isLast { end(id) }
    }

    private static func pieces(_ bytes: [UInt8], _ size: Int?) -> [[UInt8]] {
        guard let size, size > 0 else { return [bytes] }
        return stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }
}
