import Crypto
package import PipelineCore

/// One entry of the setting `notifications`: where messages go, and which.
package struct NotificationTarget: Sendable, Hashable {
    /// An `http` or `https` URL; part of it may be secret.
    package var url: String
    /// Signs the messages; `nil`: they are not signed.
    package var secret: String?
    package var rule: NotificationRule

    init(url: String, secret: String?, events: Set<NotificationRule.Event>, dagIDs: [String], after: Duration?) {
        self.url = url
        self.secret = secret
        rule = NotificationRule(target: Self.name(of: url), events: events, dagIDs: dagIDs, longRunningAfter: after)
    }

    /// Stands for the URL where that must not be seen.
    static func name(of url: String) -> String {
        SHA256.hash(data: Array(url.utf8)).prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
