import Testing

@testable import Stages

/// Keeps what an archive holds.
private struct Collector: TarReceiver {
    var files: [(path: String, bytes: [UInt8])] = []
    var open = false

    mutating func begin(_ path: String, size: Int) { files.append((path, [])) }
    mutating func receive(_ bytes: UnsafeRawBufferPointer) { files[files.count - 1].bytes += bytes }
    mutating func end() {}
}

@Suite struct TarReaderTests {
    private let body = (0..<1_300).map { UInt8(truncatingIfNeeded: $0) }

    private func read(_ bytes: [UInt8], pieces: Int = 10_000) throws -> [(path: String, bytes: [UInt8])] {
        var reader = TarReader(name: "a.tar", receiver: Collector())
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let piece = bytes[start..<min(start + pieces, bytes.count)]
            let result = piece.withUnsafeBytes { buffer in
                Result { () throws(StageError) in try reader.consume(buffer) }
            }
            try result.get()
        }
        try reader.finish()
        return reader.receiver.files
    }

    @Test(arguments: [1, 7, 512, 10_000]) func filesComeWholeWhateverThePieces(_ pieces: Int) throws {
        let archive = TestArchive.tar([
            .init(path: "d/", type: "5"), .init(path: "d/one", body: body), .init(path: "./d/empty"),
            .init(path: "d/two", body: Array(body.prefix(512))),
        ])
        let files = try read(archive, pieces: pieces)
        #expect(files.map(\.path) == ["d/one", "d/empty", "d/two"])
        #expect(files.map(\.bytes) == [body, [], Array(body.prefix(512))])
    }

    @Test func longNamesOfGNUAndPaxAreRead() throws {
        let long = String(repeating: "x", count: 150)
        let pax = "12 size=1234\n".utf8.count == 13 ? "27 mtime=1234567890.123456\n" : ""
        let archive = TestArchive.tar([
            .init(path: "././@LongLink", body: Array("\(long)/a\0".utf8), type: "L"), .init(path: "cut", body: [1]),
            .init(path: "PaxHeaders/b", body: Array((pax + "14 path=new/b\n").utf8), type: "x"),
            .init(path: "b", body: [2]),
            .init(path: "c", body: [3]),
        ])
        #expect(try read(archive).map(\.path) == ["\(long)/a", "new/b", "c"])
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a/.."]) func pathsThatLeadOutAreRefused(_ path: String) {
        let error = #expect(throws: StageError.self) { try read(TestArchive.tar([.init(path: path, body: [1])])) }
        #expect(error?.message.contains("leads out of the folder") == true)
    }

    @Test(arguments: ["1", "2", "3", "6"] as [Character]) func linksAndDevicesAreRefused(_ type: Character) {
        let archive = TestArchive.tar([.init(path: "link", type: type)])
        let error = #expect(throws: StageError.self) { try read(archive) }
        #expect(error?.code == .corruptData && error?.message.contains("link or device") == true)
    }

    @Test func everyCutIsNoticed() throws {
        let archive = TestArchive.tar([.init(path: "one", body: body), .init(path: "two", body: body)])
        for length in stride(from: 100, to: archive.count - 1_024, by: 100) where length != 2_048 {
            #expect(throws: StageError.self, "cut at \(length)") { try read(Array(archive.prefix(length))) }
        }
    }

    @Test func aDamagedHeaderIsNoticed() {
        var archive = TestArchive.tar([.init(path: "one", body: body)])
        archive[3] ^= 1
        let error = #expect(throws: StageError.self) { try read(archive) }
        #expect(error?.message.contains("check sum") == true)
    }

    @Test func sizesOverTheLimitAreRefused() {
        let archive = TestArchive.tar([.init(path: "huge", size: 3 << 30)])
        let error = #expect(throws: StageError.self) { try read(archive) }
        #expect(error?.message.contains("more than is unpacked") == true)
    }
}

@Suite struct GzipInflaterTests {
    private func unpack(_ bytes: [UInt8], pieces: Int = 1_000) throws -> [UInt8] {
        let inflater = try GzipInflater(name: "a.gz")
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            let result = bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { buffer in
                Result { () throws(StageError) in try inflater.inflate(buffer) { out += $0 } }
            }
            try result.get()
        }
        try inflater.finish()
        return out
    }

    private let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }

    @Test(arguments: [1, 999, 1 << 20]) func membersComeWholeWhateverThePieces(_ pieces: Int) throws {
        let packed = TestArchive.gzip(content)
        #expect(try unpack(packed, pieces: pieces) == content)
        #expect(try unpack(packed + packed, pieces: pieces) == content + content)
    }

    @Test func cutAndDamagedDataAreNoticed() {
        let packed = TestArchive.gzip(content)
        #expect(throws: StageError.self) { try unpack(Array(packed.dropLast())) }
        #expect(throws: StageError.self) { try unpack(Array("not gzip at all".utf8)) }
        var damaged = packed
        damaged[100] ^= 1
        #expect(throws: StageError.self) { try unpack(damaged) }
    }
}
