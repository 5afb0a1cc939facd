import Glibc
import PipelineCore
import Testing

@testable import MetadataStore

@Suite struct FernetTests {
    /// Made by Python's `cryptography.fernet`: `Fernet(key)._encrypt_from_parts(data, time, bytes(range(16)))`.
    private static let vectors: [(key: String, seconds: Int64, text: String, token: String)] = [
        (
            testKey, 499_162_800, "pä$$ wörd",
            "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0OD8ob9yQQSBnbmWVmzp10sS4V6kHG"
                + "Jy-GWwq3JiUwQeI8wXvl_8w95MgiH3J90CX1hA=="
        ),
        (
            otherKey, 1_767_225_600, "",
            "gAAAAABpVbkAAAECAwQFBgcICQoLDA0OD5plAkbp7qQNax1VgFbgthnJjaWL"
                + "uRxwEX69rNhgcsXn1Oz8fyvpgTXcd9MRhE_Blg=="
        ),
    ]
    private static let otherKey = "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs="

    @Test(arguments: vectors)
    func writesTheSameTokensAsPython(_ vector: (key: String, seconds: Int64, text: String, token: String)) throws {
        let instant = Timestamp(microseconds: vector.seconds * 1_000_000 + 999_999)
        let token = try FernetKey(vector.key).encrypt(Array(vector.text.utf8), at: instant, iv: Array(0..<16))
        #expect(token == vector.token)
        #expect(try FernetKeys(vector.key).decrypt(vector.token) == vector.text)
    }

    @Test func theFirstKeyEncryptsAndAllDecrypt() throws {
        let old = try FernetKeys(testKey).encrypt("secret", at: Timestamp(microseconds: 0))
        let both = try FernetKeys("\(Self.otherKey), \(testKey)")
        #expect(try both.decrypt(old) == "secret")
        let new = both.encrypt("secret", at: Timestamp(microseconds: 0))
        #expect(try FernetKeys(Self.otherKey).decrypt(new) == "secret")
        #expect(throws: StoreError.self) { try FernetKeys(testKey).decrypt(new) }
    }

    @Test func twoTokensOfOneTextDiffer() throws {
        let keys = try FernetKeys(testKey)
        let instant = Timestamp(microseconds: 0)
        #expect(keys.encrypt("a", at: instant) != keys.encrypt("a", at: instant))
    }

    @Test func everyChangedByteIsNoticed() throws {
        let keys = try FernetKeys(testKey)
        let bytes = try #require(Base64URL.decode(Self.vectors[0].token))
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(throws: StoreError.self) { try keys.decrypt(Base64URL.encode(changed)) }
            #expect(throws: StoreError.self) { try keys.decrypt(Base64URL.encode(Array(bytes.prefix(index)))) }
        }
    }

    @Test(arguments: ["", ",", "short", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4", "****"])
    func whatIsNoKeyIsRefused(_ text: String) {
        #expect(throws: StoreError.self) { try FernetKeys(text) }
    }

    @Test func base64IsReadAsItWasWritten() {
        for length in 0..<10 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 251 &+ $0 * 7) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([251, 255]) == "-_8=")
        #expect(Base64URL.decode("+/8=") == [251, 255])
    }

    @Test func aKeyFileIsMadeOnceAndOnlyItsOwnerMayReadIt() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/fernet.key"
            let key = try FernetKey.loadOrCreate(path)
            #expect(try FernetKey.loadOrCreate(path) == key)
            _ = try FernetKeys(key)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
    }

    @Test func aBadKeyFileIsNamed() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/fernet.key"
            writeFile(path, Array("no key".utf8))
            let error = #expect(throws: StoreError.self) { try FernetKey.loadOrCreate(path) }
            #expect(error?.message.contains(path) == true)
            let missing = #expect(throws: StoreError.self) { try FernetKey.loadOrCreate(folder + "/no/fernet.key") }
            #expect(missing?.code == .unreachable)
        }
    }
}
