/// A step of the schema: numbered from 1 without gaps, forward only, never edited once released.
struct Migration: Sendable, Hashable {
    var number: Int
    var name: String
    var script: String

    /// `bytes` is an embedded file `NNNN_name.<dialect>.sql`.
    init(_ number: Int, _ name: String, _ bytes: [UInt8]) {
        self.number = number
        self.name = name
        self.script = String(decoding: bytes, as: UTF8.self)
    }
}
