import Glibc
import HTTPTransport
import PipelineCore
import Synchronization
import Testing

@testable import Stages

@Suite struct FetchDataStageTests {
    /// Archives of a few rows in the real formats, made from synthetic sets.
    private static func archive(
        _ format: CIFARFormat, edit: (inout [TestArchive.Member]) -> Void = { _ in }
    ) throws -> [UInt8] {
        let folder = TemporaryFolder()
        let set = SyntheticDataset(format: format, trainImages: 203, testImages: 101, seed: 5)
        try set.write(to: folder.path, cancellation: CancellationFlag())
        var members = try format.files.map {
            TestArchive.Member(path: format.folder + "/" + $0, body: try FileIO.read(folder.path + "/" + $0))
        }
        edit(&members)
        return TestArchive.gzip(TestArchive.tar(members))
    }

    @Test(arguments: CIFARFormat.all) func anArchiveBecomesADataSet(_ format: CIFARFormat) async throws {
        let world = TestWorld()
        try world.folder.write(try Self.archive(format), to: "in/archive.tar.gz")
        let out = world.folder.path + "/data"
        let source = "file://" + world.folder.path + "/in/archive.tar.gz"
        #expect(await world.run("fetch_data", "dataset=\(format.name)", "source=\(source)", "out=\(out)") == 0)
        #expect(world.result?["train_images"] == 203 && world.result?["test_images"] == 101)
        // The rows are made up, and their class names say so even in an archive.
        #expect(world.result?["synthetic"] == true && world.result?["up_to_date"] == false)
        let test = try ImageDataset.load(.test, in: out)
        #expect((0..<101).map(test.label) == (0..<101).map { $0 % format.classes } && test.count == 101)
        let train = try ImageDataset.load(.train, in: out, limit: 150)
        #expect(train.count == 150 && train.pixels(of: 149).count == 3_072)
        let manifest = try JSONValue.parse(FileIO.readText(out + "/manifest.json"))
        #expect(manifest["provenance"]?["md5_checked_against"] == .null)
        #expect(manifest["files"]?.arrayValue?.count == format.files.count)
        #expect(!FileIO.exists(out + "/.staging"))
    }

    @Test func otherClassNamesAreNotCalledSynthetic() async throws {
        let world = TestWorld()
        let names = (0..<100).map { "animal_\($0)\n" }.joined()
        try world.folder.write(try Self.archive(.cifar100) { $0[2].body = Array(names.utf8) }, to: "archive.tar.gz")
        let out = world.folder.path + "/data"
        #expect(await world.run("fetch_data", "source=\(world.folder.path)/archive.tar.gz", "out=\(out)") == 0)
        #expect(world.result?["synthetic"] == false)
        #expect(try ImageDataset.load(.test, in: out, limit: 1).isSynthetic == false)
    }

    @Test func theSameRequestAgainDoesNothing() async throws {
        let world = TestWorld()
        let out = world.folder.path + "/data"
        let sets = ["source=synthetic", "train=120", "test=100", "seed=3", "out=\(out)"]
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 0)
        let before = try Self.fileNumber(out + "/cifar-100-binary/train.bin")
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 0)
        #expect(world.result?["up_to_date"] == true)
        #expect(try Self.fileNumber(out + "/cifar-100-binary/train.bin") == before)
    }

    private static func fileNumber(_ path: String) throws -> UInt {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_ino
    }

    @Test func aDamagedFileOrAnotherRequestIsMadeAnew() async throws {
        let world = TestWorld()
        let out = world.folder.path + "/data"
        let sets = ["source=synthetic", "train=100", "test=100", "out=\(out)"]
        _ = await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host)
        let good = try FileIO.read(out + "/cifar-100-binary/test.bin")
        var bad = good
        bad[5_000] ^= 1
        try FileIO.writeAtomically(bad, to: out + "/cifar-100-binary/test.bin")
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 0)
        #expect(world.events("manifest_differs").first?["reason"] == "cifar-100-binary/test.bin has another check sum")
        #expect(try FileIO.read(out + "/cifar-100-binary/test.bin") == good)
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets + ["seed=1"], host: world.host) == 0)
        #expect(world.result?["up_to_date"] == false)
        #expect(try FileIO.read(out + "/cifar-100-binary/test.bin") != good)
    }

    @Test func anArchiveThatWasReplacedIsNoticed() async throws {
        let world = TestWorld()
        let (archive, out) = (world.folder.path + "/archive.tar.gz", world.folder.path + "/data")
        try world.folder.write(try Self.archive(.cifar100), to: "archive.tar.gz")
        for isUpToDate in [false, true] {
            #expect(await world.run("fetch_data", "source=\(archive)", "out=\(out)") == 0)
            #expect(world.result?["up_to_date"] == .bool(isUpToDate))
        }
        // The same size: only the bytes tell.
        try world.folder.write(try Self.archive(.cifar100) { $0[0].body[3_000] ^= 1 }, to: "archive.tar.gz")
        #expect(await world.run("fetch_data", "source=\(archive)", "out=\(out)") == 0)
        #expect(world.result?["up_to_date"] == false)
        #expect(
            world.events("manifest_differs").last?["reason"] == .string(archive + " is another archive than before"))
        try FileIO.removeTree(archive)
        #expect(await world.run("fetch_data", "source=\(archive)", "out=\(out)") == 0)
        #expect(world.result?["up_to_date"] == true)
    }

    @Test func aFolderWhoseFilesWereReplacedIsNoticed() async throws {
        let world = TestWorld()
        let source = world.folder.path + "/in"
        for (seed, isUpToDate) in [(0, false), (0, true), (1, false)] {
            let set = SyntheticDataset(format: .cifar10, trainImages: 50, testImages: 10, seed: UInt64(seed))
            try set.write(to: source, cancellation: CancellationFlag())
            let out = "out=\(world.folder.path)/data"
            #expect(await world.run("fetch_data", "dataset=cifar10", "source=\(source)", out) == 0)
            #expect(world.result?["up_to_date"] == .bool(isUpToDate))
        }
    }

    @Test func filesOfOthersStayInTheFolder() async throws {
        let world = TestWorld()
        let out = world.folder.path + "/data"
        for seed in 0..<2 {
            let sets = ["source=synthetic", "train=10", "test=10", "seed=\(seed)", "out=\(out)"]
            #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 0)
            try world.folder.write("mine", to: "data/cifar-100-binary/notes.txt")
        }
        let names = try FileIO.names(in: out + "/cifar-100-binary")
        #expect(names == (CIFARFormat.cifar100.files + ["notes.txt"]).sorted())
    }

    /// The second run finds the first one at work, waits, and finds the work done.
    @Test func aSecondRunWaitsForTheFirst() async throws {
        let world = TestWorld()
        let out = world.folder.path + "/data"
        let sets = ["source=synthetic", "train=10", "test=10", "out=\(out)"]
        try FileIO.createDirectories(out)
        let holder = Mutex(try FileLock.take(out + "/.fetch_data.lock"))
        var host = world.host
        host.clock.sleep = { _ in holder.withLock { $0 = nil } }
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: host) == 0)
        #expect(world.events("waiting").first?["lock"] == .string(out + "/.fetch_data.lock"))
        #expect(try FileIO.names(in: out) == ["cifar-100-binary", "manifest.json"])
    }

    @Test func runsAtOnceThatShareACacheAllSucceed() async throws {
        let archive = try Self.archive(.cifar100)
        var world = TestWorld()
        world.client = ScriptedHTTPClient { _ in HTTPResponse(head: HTTPResponseHead(status: 200), body: archive) }
        let (host, folder) = (world.host, world.folder.path)
        let codes = await withTaskGroup(of: Int32.self) { group in
            for number in 0..<4 {
                let sets = [
                    "source=https://mirror.example/cifar.tar.gz", "cache=\(folder)/cache",
                    "out=\(folder)/\(number / 2)",
                ]
                group.addTask { await StageCommandLine.run(name: "fetch_data", sets: sets, host: host) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [0, 0, 0, 0], "\(world.diagnostics.text)")
    }

    /// What the server says of its version decides, where there is no check sum.
    @Test(arguments: [("\"v1\"", 1), ("\"v2\"", 2), (nil, 2)])
    func aCachedArchiveIsUsedWhileTheServerHasTheSame(_ etag: String?, _ downloads: Int) async throws {
        let archive = try Self.archive(.cifar100)
        var world = TestWorld()
        let asked = Mutex(0)
        world.client = ScriptedHTTPClient { request in
            let isFirst = asked.withLock { asked in
                asked += 1
                return asked == 1
            }
            var headers: HTTPHeaders = ["Content-Length": "\(archive.count)"]
            headers["ETag"] = isFirst ? "\"v1\"" : etag
            return HTTPResponse(
                head: HTTPResponseHead(status: 200, headers: headers), body: request.method == "HEAD" ? [] : archive)
        }
        for out in ["a", "b"] {
            let code = await world.run(
                "fetch_data", "source=https://mirror.example/cifar.tar.gz?key=secret",
                "cache=\(world.folder.path)/cache", "out=\(world.folder.path)/\(out)")
            #expect(code == 0, "\(world.diagnostics.text)")
        }
        #expect(world.client.requests.map(\.method) == ["GET", "HEAD"] + (downloads == 2 ? ["GET"] : []))
        let record = world.folder.path + "/cache/cifar.tar.gz.json"
        #expect(FileIO.exists(record) == (etag != nil))
        if etag != nil { #expect(try !FileIO.readText(record).contains("secret")) }
    }

    @Test func aDamagedArchiveInTheCacheComesAgain() async throws {
        let archive = try Self.archive(.cifar100)
        var world = TestWorld()
        world.client = ScriptedHTTPClient { _ in
            HTTPResponse(head: HTTPResponseHead(status: 200, headers: ["ETag": "\"v1\""]), body: archive)
        }
        let sets = ["source=https://mirror.example/cifar.tar.gz", "cache=\(world.folder.path)/cache"]
        for out in ["a", "b"] {
            let all = sets + ["out=\(world.folder.path)/\(out)"]
            #expect(await StageCommandLine.run(name: "fetch_data", sets: all, host: world.host) == 0)
            var damaged = archive
            damaged[100] ^= 1
            try world.folder.write(damaged, to: "cache/cifar.tar.gz")
        }
        #expect(world.client.requests.map(\.method) == ["GET", "GET"])
    }

    @Test func aFolderWithTheFilesIsASourceToo() async throws {
        let world = TestWorld()
        let set = SyntheticDataset(format: .cifar10, trainImages: 50, testImages: 10, seed: 0)
        try set.write(to: world.folder.path + "/in/cifar-10-batches-bin", cancellation: CancellationFlag())
        let out = "out=\(world.folder.path)/data"
        #expect(await world.run("fetch_data", "dataset=cifar10", "source=\(world.folder.path)/in", out) == 0)
        #expect(world.result?["train_images"] == 50)
        #expect(await world.run("fetch_data", "source=\(world.folder.path)/in", out + "2") == 1)
        #expect(world.diagnostics.text.contains("holds neither cifar-100-binary.tar.gz nor the files of cifar100"))
    }

    @Test func aDownloadIsVerifiedAndKeptInTheCache() async throws {
        let archive = try Self.archive(.cifar100)
        var world = TestWorld()
        world.client = ScriptedHTTPClient { _ in HTTPResponse(head: HTTPResponseHead(status: 200), body: archive) }
        try world.folder.write(archive, to: "copy")
        let md5 = try FileDigest.md5(of: world.folder.path + "/copy")
        let url = "https://user:secret@mirror.example/cifar.tar.gz"
        for out in ["a", "b"] {
            let code = await world.run(
                "fetch_data", "source=\(url)", "md5=\(md5)", "cache=\(world.folder.path)/cache",
                "out=\(world.folder.path)/\(out)")
            #expect(code == 0, "\(world.diagnostics.text)")
        }
        #expect(world.client.requests.count == 1)
        let manifest = try JSONValue.parse(FileIO.readText(world.folder.path + "/b/manifest.json"))
        #expect(manifest["provenance"]?["location"] == "https://mirror.example/cifar.tar.gz")
        #expect(!manifest.serialized().contains("secret") && !world.output.text.contains("secret"))
        #expect(manifest["provenance"]?["md5_checked_against"] == "parameter md5")
    }

    @Test func theAuthorsArchiveMustHaveThePublishedCheckSum() async throws {
        let archive = try Self.archive(.cifar100)
        var world = TestWorld()
        world.client = ScriptedHTTPClient { _ in HTTPResponse(head: HTTPResponseHead(status: 200), body: archive) }
        #expect(await world.run("fetch_data", "out=\(world.folder.path)/data") == 1)
        #expect(world.client.requests.first?.url == "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz")
        #expect(world.diagnostics.text.contains("the authors' page says 03b5dce01913d631647c71ecec9e9cb8"))
        #expect(!FileIO.exists(world.folder.path + "/data/manifest.json"))
        #expect(await world.run("fetch_data", "md5=none", "out=\(world.folder.path)/data") == 0)
    }

    @Test func bothCheckSumsMustBeRight() async throws {
        let world = TestWorld()
        try world.folder.write(try Self.archive(.cifar100), to: "archive.tar.gz")
        let archive = world.folder.path + "/archive.tar.gz"
        let sum = try FileDigest.sha256(of: archive)
        let sets = ["source=\(archive)", "out=\(world.folder.path)/data"]
        let wrong = sets + ["sha256=" + String(repeating: "0", count: 64)]
        #expect(await StageCommandLine.run(name: "fetch_data", sets: wrong, host: world.host) == 1)
        #expect(world.diagnostics.text.contains("its SHA-256 is \(sum), but parameter sha256 says 000"))
        let right = sets + ["sha256=\(sum.uppercased())"]
        #expect(await StageCommandLine.run(name: "fetch_data", sets: right, host: world.host) == 0)
    }

    /// A server that breaks off in the middle and then stays away; the next run asks for the rest only.
    @Test func aDownloadThatBrokeOffIsResumedByTheNextRun() async throws {
        let archive = try Self.archive(.cifar100)
        let half = archive.count / 2
        let size = "\(archive.count)"
        var world = TestWorld()
        let url = "source=https://mirror.example/cifar.tar.gz"
        let sets = [url, "cache=\(world.folder.path)/cache", "out=\(world.folder.path)/data"]
        let headers: HTTPHeaders = ["Content-Length": size, "ETag": "\"v1\""]
        world.client = ScriptedHTTPClient { request in
            let isFirst = request.headers["Range"] == nil
            return isFirst
                ? HTTPResponse(head: HTTPResponseHead(status: 200, headers: headers), body: Array(archive[..<half]))
                : HTTPResponse(head: HTTPResponseHead(status: 503), body: [])
        }
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 1)
        #expect(world.diagnostics.text.contains("what has come is kept and the next run resumes"))
        world.client = ScriptedHTTPClient { request in
            let rest: HTTPHeaders = ["Content-Range": "bytes \(half)-\(archive.count - 1)/\(size)", "ETag": "\"v1\""]
            return HTTPResponse(head: HTTPResponseHead(status: 206, headers: rest), body: Array(archive[half...]))
        }
        #expect(await StageCommandLine.run(name: "fetch_data", sets: sets, host: world.host) == 0)
        #expect(world.client.requests.map { $0.headers["Range"] } == ["bytes=\(half)-"])
        #expect(world.events("downloaded").last?["resumed_from"] == .int(half))
        #expect(world.result?["train_images"] == 203)
    }

    @Test func aServerThatStaysAwayIsNamed() async {
        var world = TestWorld()
        world.client = ScriptedHTTPClient { _ in HTTPResponse(head: HTTPResponseHead(status: 503), body: []) }
        #expect(await world.run("fetch_data", "out=\(world.folder.path)/data") == 1)
        #expect(world.events("download_retry").count == 6)
        #expect(world.diagnostics.text.contains("cifar-100-binary.tar.gz answered status 503"))
    }

    @Test func badArchivesLeaveNoDataSet() async throws {
        let good = try Self.archive(.cifar100)
        let label = try Self.archive(.cifar100) { $0[0].body[3_074 * 7 + 1] = 100 }
        let coarse = try Self.archive(.cifar100) { $0[0].body[3_074 * 9] = 20 }
        let row = try Self.archive(.cifar100) { $0[0].body.removeLast() }
        let missing = try Self.archive(.cifar100) { $0.remove(at: 1) }
        let names = try Self.archive(.cifar100) { $0[2].body = Array("apple\n".utf8) }
        var damaged = good
        damaged[good.count / 2] ^= 1
        let escape = try Self.archive(.cifar100) { $0[0].path = "cifar-100-binary/../../evil" }
        let cases: [(archive: [UInt8], message: String)] = [
            (Array(good.prefix(good.count / 2)), "cut off"), (damaged, "not gzip data, or damaged"),
            (Array("<html>not found</html>".utf8), "not gzip data, or damaged"),
            (label, "train.bin: row 7 has label 100"), (coarse, "train.bin: row 9 has superclass 20"),
            (row, "no whole number of rows"), (missing, "no cifar-100-binary/test.bin in it"),
            (names, "1 names for 100 classes"), (escape, "leads out of the folder"),
        ]
        for (archive, message) in cases {
            let world = TestWorld()
            try world.folder.write(archive, to: "archive.tar.gz")
            let out = world.folder.path + "/data"
            #expect(await world.run("fetch_data", "source=\(world.folder.path)/archive.tar.gz", "out=\(out)") == 1)
            #expect(world.diagnostics.text.contains(message), "\(world.diagnostics.text)")
            #expect(try FileIO.names(in: out).isEmpty)
        }
    }

    @Test(arguments: [
        ("source=s3://bucket/x", "scheme 's3' is not supported"), ("sha256=none", "give 64 hexadecimal digits"),
        ("md5=123", "give 32 hexadecimal digits or none"),
        ("source=file://host/x", "no file URL of this machine"), ("train=0", "train: 0 is not allowed"),
        ("source=synthetic dataset=cifar10 train=4", "parameter train: 4 is not allowed, give at least 5"),
    ])
    func badParametersAreRefusedBeforeWork(_ sets: String, _ message: String) async {
        let world = TestWorld()
        let all = sets.split(separator: " ").map(String.init) + ["out=\(world.folder.path)/data"]
        #expect(await StageCommandLine.run(name: "fetch_data", sets: all, host: world.host) == 64)
        #expect(world.diagnostics.text.contains(message))
        #expect(!FileIO.exists(world.folder.path + "/data"))
    }

    @Test func aFullDiskIsNamedWithItsMend() throws {
        let folder = TemporaryFolder()
        #expect(symlink("/dev/full", folder.path + "/train.bin") == 0)
        let set = SyntheticDataset(format: .cifar100, trainImages: 10, testImages: 10, seed: 0)
        let error = #expect(throws: StageError.self) {
            try set.write(to: folder.path, cancellation: CancellationFlag())
        }
        #expect(error?.code == .fileFailed && error?.message.contains("free space") == true)
    }

    @Test func theRequestToEndStopsTheWorkAndLeavesNothing() async throws {
        let world = TestWorld()
        world.cancellation.set()
        #expect(await world.run("fetch_data", "source=synthetic", "out=\(world.folder.path)/data") == 1)
        #expect(world.diagnostics.text.contains("ended on request"))
        #expect(try FileIO.names(in: world.folder.path + "/data").isEmpty)
    }
}

@Suite struct SyntheticDatasetTests {
    private func make(seed: UInt64, train: Int = 300, test: Int = 200) throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        let set = SyntheticDataset(format: .cifar100, trainImages: train, testImages: test, seed: seed)
        try set.write(to: folder.path + "/cifar-100-binary", cancellation: CancellationFlag())
        return folder
    }

    @Test func theSameSeedGivesTheSameBytesAndAnotherSeedOthers() throws {
        let sums = try ([1, 1, 2] as [UInt64]).map { seed in
            let folder = try make(seed: seed)
            return try CIFARFormat.cifar100.files.map {
                try FileDigest.sha256(of: folder.path + "/cifar-100-binary/" + $0)
            }
        }
        #expect(sums[0] == sums[1] && sums[0][0] != sums[2][0])
        // Recorded once: other machines must make the same bytes.
        #expect(sums[0][0] == "b82f9a52cc16d9cbd40646bb11e5282836ca4992b0b52c7ba33008f1e69d4823")
    }

    @Test func namesSayThatItIsSynthetic() throws {
        let folder = try make(seed: 0)
        let set = try ImageDataset.load(.test, in: folder.path)
        #expect(set.classNames[7] == "synthetic_07" && set.isSynthetic == true)
    }

    /// The mean image of a class in the training set tells most test images: there is something to learn.
    @Test func classesCanBeToldFromTheirMeanImages() throws {
        let folder = try make(seed: 0, train: 1_000, test: 100)
        let train = try ImageDataset.load(.train, in: folder.path)
        let test = try ImageDataset.load(.test, in: folder.path)
        var means = [[Float]](repeating: [Float](repeating: 0, count: 192), count: 100)
        for image in 0..<train.count {
            for (index, pixel) in sparse(train, image).enumerated() {
                means[train.label(of: image)][index] += pixel / 10
            }
        }
        let hits = (0..<test.count).filter { image in
            let pixels = sparse(test, image)
            let distances = means.map { mean in
                zip(mean, pixels).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
            return distances.indices.min { distances[$0] < distances[$1] } == test.label(of: image)
        }
        #expect(hits.count > 60, "\(hits.count) of 100")
    }

    /// Every sixteenth pixel.
    private func sparse(_ set: ImageDataset, _ image: Int) -> [Float] {
        let pixels = set.pixels(of: image)
        return stride(from: pixels.startIndex, to: pixels.endIndex, by: 16).map { Float(pixels[$0]) }
    }
}
