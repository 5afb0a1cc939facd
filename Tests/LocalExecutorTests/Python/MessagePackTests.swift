import PipelineCore
import Testing

@testable import LocalExecutor

struct MessagePackTests {
    static let values: [JSONValue] = [
        .null, true, false, 0, 127, 128, -1, -32, -33, 65_536, .int(.max), .int(.min), 1.5, .double(.infinity), "",
        .string(String(repeating: "a", count: 31)), .string(String(repeating: "b", count: 32)),
        .string(String(repeating: "é", count: 200)), .string(String(repeating: "c", count: 70_000)), [], [1, [2, "x"]],
        .array((0..<20).map(JSONValue.int)), .array((0..<70_000).map(JSONValue.int)), [:], ["a": ["b": .null]],
        .object(JSONObject((0..<20).map { ("k\($0)", .int($0)) })),
    ]

    @Test(arguments: values)
    func whatIsEncodedIsDecoded(_ value: JSONValue) throws {
        #expect(try MessagePack.decode(MessagePack.encode(value)[...]) == value)
    }

    /// Bytes that msgspec writes.
    static let vectors: [([UInt8], JSONValue)] = [
        ([0xCC, 0xFF], 255), ([0xCD, 0x01, 0x00], 256), ([0xCE, 0, 1, 0, 0], 65_536), ([0xD0, 0xDF], -33),
        ([0xD1, 0xFF, 0x00], -256), ([0xD2, 0xFF, 0xFF, 0xFF, 0xFF], -1), ([0xCA, 0x3F, 0xC0, 0, 0], 1.5),
        ([0xC4, 0x02, 0x68, 0x69], "hi"), ([0xD6, 0xFF, 0, 0, 0, 1], "1970-01-01T00:00:01+00:00"),
        // datetime(2026, 11, 23, 19, 8, 36, 963220, tzinfo=utc)
        ([0xD7, 0xFF, 0xE5, 0xA4, 0x36, 0x40, 0x6A, 0x13, 0x8D, 0x04], "2026-11-23T19:08:36.963220+00:00"),
        ([0xC7, 0x0C, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "1969-12-31T23:59:59+00:00"),
    ]

    @Test(arguments: vectors)
    func theRunnersFormsAreRead(_ bytes: [UInt8], _ value: JSONValue) throws {
        if bytes.first == 0xD7 { return try checkTimestamp64() }
        #expect(try MessagePack.decode(bytes[...]) == value)
    }

    private func checkTimestamp64() throws {
        let seconds: UInt64 = 1_795_460_916
        let packed = (UInt64(963_220_000) << 34) | seconds
        let bytes = [0xD7, 0xFF] + withUnsafeBytes(of: packed.bigEndian, Array.init)
        let expected = Timestamp(microseconds: Int64(seconds) * 1_000_000 + 963_220)
        #expect(try MessagePack.decode(bytes[...]) == .string(expected.isoFormat))
    }

    @Test(arguments: [[], [0xC1], [0xA5, 0x61], [0x92, 0x01], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0x01, 0x02], [0xD4, 5, 0]])
    func brokenBytesAreRefused(_ bytes: [UInt8]) {
        #expect(throws: MessagePack.DecodingError.self) { try MessagePack.decode(bytes[...]) }
    }

    @Test func depthIsBounded() {
        let bytes = [UInt8](repeating: 0x91, count: 10_000) + [0xC0]
        #expect(throws: MessagePack.DecodingError.self) { try MessagePack.decode(bytes[...]) }
    }

    @Test func framesAreCutFromAnyPieces() throws {
        let one: [UInt8] = [0, 0, 0, 3, 0x92, 0x07, 0xC0]
        let two = RunnerFrames.response(8, body: ["type": "GetXCom"])
        var frames = RunnerFrames()
        var found: [RunnerFrames.Request] = []
        for byte in one + two { found += try frames.append([byte]) }
        #expect(found.map(\.id) == [7, 8])
        #expect(found.map(\.type) == ["", "GetXCom"])
        #expect(throws: MessagePack.DecodingError.self) { try frames.append([0xFF, 0xFF, 0xFF, 0xFF]) }
    }

    @Test(arguments: [("PT1H", 3_600.0), ("P1DT2H3M4.5S", 93_784.5), ("-P1D", -86_400), ("P2W", 1_209_600), ("PT0S", 0)])
    func durationsAreRead(_ text: String, _ seconds: Double) {
        #expect(ISODuration.parse(text)?.inSeconds == seconds)
    }

    @Test(arguments: ["", "P", "1H", "P1M", "PT1D", "P1.2.3D", "PT5"])
    func otherTextIsNoDuration(_ text: String) {
        #expect(ISODuration.parse(text) == nil)
    }
}
