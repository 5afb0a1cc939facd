import PipelineCore

/// Files that one child reads one after the other (`Resources/batch.py`).
struct ReadBatch {
    /// Most files of one child, and most bytes of their names: a request has to fit into the control socket.
    static let maximumFiles = 32
    static let maximumNameBytes = 32 * 1024

    private let requests: ArraySlice<ReadRequest>

    /// As many of `requests`, from the first, as fit and are read under the same conditions.
    init(_ requests: [ReadRequest]) {
        var bytes = 0
        let fitting = requests.prefix(Self.maximumFiles).prefix { request in
            bytes += request.file.utf8.count
            return bytes <= Self.maximumNameBytes && request.comms == nil && request.file.hasSuffix(".py")
        }
        self.requests = fitting
    }

    var count: Int { requests.count }

    func fields(_ configuration: PythonConfiguration) -> JSONObject {
        guard let first = requests.first else { return [:] }
        var fields = first.fields(configuration)
        fields["files"] = .array(requests.map { .string($0.file) })
        fields["slice"] = .double(configuration.readSlice.inSeconds)
        return fields
    }

    /// The whole frames in what a child wrote. One that was killed may have left a part of one behind.
    static func answers(_ bytes: [UInt8]) -> [JSONText] {
        var answers: [JSONText] = []
        var position = 0
        while position + 4 <= bytes.count {
            let size = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
            let end = position + 4 + size
            guard end <= bytes.count else { break }
            answers.append(JSONText(utf8: Array(bytes[position + 4..<end])))
            position = end
        }
        return answers
    }
}
