import Crypto

/// Check sums of files, in lower-case hexadecimal.
enum FileDigest {
    static func sha256(of path: String) throws(StageError) -> String {
        var hash = SHA256()
        return try digest(of: path, &hash)
    }

    static func sha256(ofBytes bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { bytes in
            var hash = SHA256()
            hash.update(bufferPointer: bytes)
            return hash.finalize().map { hexadecimal($0) }.joined()
        }
    }

    /// MD5 is here because the data set's authors publish it; it guards against accidents, not against attackers.
    static func md5(of path: String) throws(StageError) -> String {
        var hash = Insecure.MD5()
        return try digest(of: path, &hash)
    }

    private static func digest<Hash: HashFunction>(of path: String, _ hash: inout Hash) throws(StageError) -> String {
        let reader = try FileReader(path)
        while try reader.next({ hash.update(bufferPointer: $0) }) {}
        return hash.finalize().map { hexadecimal($0) }.joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
