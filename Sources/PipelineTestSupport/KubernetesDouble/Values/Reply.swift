package import HTTPTransport
package import PipelineCore

extension KubernetesDouble {
    /// A whole response.
    package struct Reply: Sendable, Hashable {
        package var head: HTTPResponseHead
        package var body: [UInt8]

        package init(_ status: Int, headers: HTTPHeaders = [:], body: [UInt8]) {
            head = HTTPResponseHead(status: status, headers: headers)
            self.body = body
        }

        package init(_ status: Int, text: String) {
            self.init(status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
        }

        package init(_ status: Int, json: JSONValue) {
            self.init(status, headers: ["Content-Type": "application/json"], body: json.serializedUTF8() + [0x0A])
        }

        /// A `Status` object of failure.
        package init(_ failure: Failure) { self.init(failure.code, json: failure.status) }
    }

    /// Why the API refuses: the fields of its `Status` object.
    package struct Failure: Error, Sendable, Hashable {
        package var code: Int
        /// A word of `metav1.StatusReason`; empty where the API gives none.
        package var reason: String
        package var message: String
        package var details: JSONObject

        package init(_ code: Int, _ reason: String, _ message: String, details: JSONObject = [:]) {
            self.code = code
            self.reason = reason
            self.message = message
            self.details = details
        }

        package var status: JSONValue {
            var members: JSONObject = [
                "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure", "message": .string(message),
            ]
            if !reason.isEmpty { members["reason"] = .string(reason) }
            if !details.isEmpty { members["details"] = .object(details) }
            members["code"] = .int(code)
            return .object(members)
        }
    }
}

typealias Reply = KubernetesDouble.Reply
typealias Failure = KubernetesDouble.Failure
