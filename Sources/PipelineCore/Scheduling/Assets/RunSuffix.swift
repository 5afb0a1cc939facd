/// The eight letters and digits at the end of a run id that names no logical date. Airflow draws them at random
/// (`utils/strings.py`); here they follow from what the run came of, so that the same turn makes the same run.
enum RunSuffix {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")

    static func made(of parts: [String]) -> String {
        let digest = SHA1.digest(JSONValue.array(parts.map { .string($0) }).serialized().utf8)
        return String(digest.prefix(8).map { alphabet[Int($0) % alphabet.count] })
    }
}
