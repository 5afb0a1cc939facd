package import PipelineCore

/// The fields that we use of a `Status` object.
package struct StatusView: Sendable, Hashable {
    package var status: String?
    package var reason: String?
    package var message: String?
    package var code: Int?
    package var retryAfterSeconds: Int?
    package var causes: [Cause]

    package struct Cause: Sendable, Hashable {
        package var reason: String
        package var message: String
        package var field: String

        init(_ json: JSONValue) {
            reason = json["reason"]?.stringValue ?? ""
            message = json["message"]?.stringValue ?? ""
            field = json["field"]?.stringValue ?? ""
        }

        /// `spec.containers[0].image: Required value`.
        var text: String { [field, message].filter { !$0.isEmpty }.joined(separator: ": ") }
    }

    /// `nil` where `json` is no Status.
    package init?(_ json: JSONValue) {
        guard json["kind"]?.stringValue == "Status" else { return nil }
        let details = json["details"]
        status = json["status"]?.stringValue
        reason = json["reason"]?.stringValue
        message = json["message"]?.stringValue
        code = json["code"]?.intValue
        retryAfterSeconds = details?["retryAfterSeconds"]?.intValue
        causes = (details?["causes"]?.arrayValue ?? []).map { Cause($0) }
    }

    /// Of an answer's body.
    package init?(utf8 bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "{"), let json = try? JSONValue.parse(utf8: bytes) else { return nil }
        self.init(json)
    }
}
