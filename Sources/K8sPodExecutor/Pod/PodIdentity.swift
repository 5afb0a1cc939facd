import Crypto
package import PipelineCore

/// What one pod is for: one attempt of one launch of one try of one task instance of one installation. Everything that
/// tells two pods apart is in it, and nothing else: its name is a function of it (architecture D6).
package struct PodIdentity: Sendable, Hashable {
    /// Tells the pods of several installations in one namespace apart.
    package var installation: String
    package var key: TaskInstanceKey
    package var tryNumber: Int
    package var launch: LaunchID
    /// Counts pods of one launch, from 1: another follows where the memory was too small and may grow.
    package var attempt: Int

    package init(installation: String, instance: TaskInstance, launch: LaunchID, attempt: Int = 1) {
        self.installation = installation
        key = instance.key
        tryNumber = instance.tryNumber
        self.launch = launch
        self.attempt = attempt
    }

    /// `cifar100-classification-train-model-5x7k...`: at most 40 characters to read, and 20 of a digest of the whole
    /// identity: a DNS label, which also holds as a host name.
    /// - Parameter prefix: what to read; by default the ids of DAG and task.
    package func podName(prefix: String? = nil) -> String {
        let readable = Self.slug(prefix ?? "\(key.run.dagID)-\(key.taskID)")
        let digest = SHA256.hash(data: Array(canonicalText.utf8))
        return "\(readable.isEmpty ? "pod" : readable)-\(Self.base32(digest).prefix(Self.digestLength))"
    }

    /// Members are separated by a byte that no id may hold.
    private var canonicalText: String {
        [
            installation, key.run.dagID, key.run.runID, key.taskID, String(key.mapIndex), String(tryNumber),
            launch.tryID.description, String(launch.number), String(attempt),
        ].joined(separator: "\u{0}")
    }

    static let prefixLength = 40
    static let digestLength = 20

    /// Lower-case letters, digits and single dashes.
    static func slug(_ text: String) -> String {
        var slug = ""
        for scalar in text.lowercased().unicodeScalars {
            if LabelValue.isAlphanumeric(scalar) {
                slug.unicodeScalars.append(scalar)
            } else if !slug.hasSuffix("-"), !slug.isEmpty {
                slug += "-"
            }
        }
        slug = String(slug.prefix(prefixLength))
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug
    }

    /// RFC 4648's alphabet in lower case, without padding.
    private static func base32(_ bytes: some Sequence<UInt8>) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var (text, buffer, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
