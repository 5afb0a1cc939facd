import PipelineCore
import Testing

@testable import KubernetesClient

@Suite struct LineSplitterTests {
    @Test(arguments: 0..<12)
    func piecesOfAnySizeGiveTheRecordedLines(_ seed: Int) throws {
        let bytes = Array(try Fixture.bytes("pods.ndjson").prefix(60_000))
        let whole = bytes.split(separator: 0x0A).dropLast().map { Array($0) }
        var random = SplitMix64(seed: UInt64(seed))
        var splitter = LineSplitter(limit: 1 << 20)
        var lines: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let largest = [1, 3, 100, 10_000].randomElement(using: &random) ?? 1
            let end = min(bytes.count, start + Int.random(in: 1...largest, using: &random))
            try bytes[start..<end].withUnsafeBytes { try splitter.feed($0) { lines.append($0) } }
            start = end
        }
        #expect(lines == whole && splitter.remainder.count == bytes.count - whole.reduce(0) { $0 + $1.count + 1 })
    }

    @Test func bothLineEndsAreKnownAndEmptyLinesKept() throws {
        #expect(try split(["a\r", "\nb\n\n", "c"]) == ["a", "b", ""])
    }

    @Test func aLineAtTheLimitPassesAndALongerOneDoesNot() throws {
        #expect(try split(["12345678", "\n"], limit: 8) == ["12345678"])
        #expect(throws: LineSplitter.TooLong.self) { try split(["1234", "56789"], limit: 8) }
    }

    private func split(_ pieces: [String], limit: Int = 100) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        var lines: [String] = []
        for piece in pieces {
            try Array(piece.utf8).withUnsafeBytes { bytes in
                try splitter.feed(bytes) { lines.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        return lines
    }
}
