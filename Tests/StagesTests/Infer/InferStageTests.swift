import CZlib
import PipelineCore
import Tensor
import Testing

@testable import Stages

@Suite struct InferStageTests {
    private func infer(_ fixture: TrainingFixture, _ sets: String...) async -> Int32 {
        let all = [
            "data=\(fixture.data)", "checkpoint=\(fixture.path("out/best.safetensors"))", "out=\(fixture.path("p"))",
        ]
        return await StageCommandLine.run(name: "infer", sets: all + sets, host: fixture.world.host)
    }

    @Test func chosenImagesGetTheirFiveMostProbableClasses() async throws {
        let fixture = try await TrainingFixture()
        _ = await fixture.train("out", "epochs=4")
        let accuracy = fixture.world.result?["metrics"]?["val_accuracy"]
        #expect(await infer(fixture, "images=3, 1,59") == 0, "\(fixture.world.diagnostics.text)")
        #expect(fixture.world.result?["accuracy"] == accuracy)
        let document = try JSONValue.parse(FileIO.readText(fixture.path("p/predictions.json")))
        #expect(document["predictions"]?.arrayValue?.map { $0["image"] } == [3, 1, 59])
        #expect(document["predictions"]?[0]?["label_name"] == "synthetic_3")
        for prediction in document["predictions"]?.arrayValue ?? [] {
            let top = (prediction["top5"]?.arrayValue ?? []).compactMap { $0["probability"]?.doubleValue }
            #expect(top.count == 5 && top == top.sorted(by: >) && top.reduce(0, +) <= 1.000_01 && top[0] > 0.1)
            #expect(prediction["correct"]?.boolValue == (prediction["top5"]?[0]?["label"] == prediction["label"]))
        }
        let matrix = document["confusion_matrix"]?.arrayValue ?? []
        #expect(
            matrix.count == 10 && matrix.allSatisfy { ($0.arrayValue ?? []).reduce(0) { $0 + ($1.intValue ?? 0) } == 6 }
        )
        let sheet = try FileIO.read(fixture.path("p/contact_sheet.png"))
        #expect(sheet.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test func aSampleIsDrawnWithItsSeed() throws {
        let sample = try ImageChoice.sample(count: 10, seed: 1).images(of: 100)
        #expect(sample == sample.sorted() && Set(sample).count == 10)
        #expect(try sample == ImageChoice.sample(count: 10, seed: 1).images(of: 100))
        #expect(try sample != ImageChoice.sample(count: 10, seed: 2).images(of: 100))
        #expect(try ImageChoice.sample(count: 10, seed: 1).images(of: 3) == [0, 1, 2])
    }

    @Test(arguments: [
        ("images=1,x", 64, "give at most 400 numbers"), ("images=60", 64, "there is no image 60, the set has 0 to 59"),
        ("checkpoint=nowhere", 1, "nowhere: no such file"), ("device=cuda", 1, ""),
    ])
    func badInputIsNamed(_ set: String, _ code: Int, _ message: String) async throws {
        let fixture = try await TrainingFixture()
        _ = await fixture.train("out", "epochs=1")
        #expect(Int(await infer(fixture, set)) == code)
        #expect(fixture.world.diagnostics.text.contains(message), "\(fixture.world.diagnostics.text)")
    }

    /// One weight of the last layer is no number.
    @Test(arguments: [Float.nan, .infinity]) func scoresThatAreNotFiniteAreAFailure(_ weight: Float) async throws {
        let fixture = try await TrainingFixture()
        _ = await fixture.train("out", "epochs=1")
        let path = fixture.path("out/best.safetensors")
        let model = try Checkpoint.model(from: path)
        let last = try #require(model.parameters.last { $0.name.hasSuffix("weight") })
        var floats = try #require(try model.tensor(last.name)?.floats)
        floats[0] = weight
        try model.setTensor(last.name, Tensor(shape: last.shape, floats: floats))
        try Checkpoint.save(model, to: path)
        let output = fixture.world.output.text
        #expect(await infer(fixture) == 1)
        let message = fixture.world.diagnostics.lines.last ?? ""
        #expect(message.contains("\(path): the scores are not finite"), "\(message)")
        #expect(fixture.world.output.text == output && !FileIO.exists(fixture.path("p/predictions.json")))
    }

    @Test(arguments: ["9223372036854775807", "-3"]) func aCraftedCheckpointIsNamed(_ classes: String) async throws {
        let fixture = try await TrainingFixture()
        let path = fixture.path("crafted.safetensors")
        let file = SafeTensors(entries: [], metadata: ["architecture": "mlp", "classes": classes])
        try FileIO.writeAtomically(file.encoded(), to: path)
        #expect(await infer(fixture, "checkpoint=\(path)") == 1)
        #expect(fixture.world.diagnostics.text.contains("\(path): malformed"))
    }

    /// Weights of a synthetic set are looked at with images under real names.
    @Test func theOriginOfTheWeightsIsReported() async throws {
        let fixture = try await TrainingFixture()
        _ = await fixture.train("out", "epochs=1")
        #expect(await infer(fixture) == 0)
        #expect(
            fixture.world.result?["checkpoint_synthetic"] == true && fixture.world.events("class_names_differ").isEmpty)
        let names = (0..<10).map { "animal_\($0)\n" }.joined()
        try FileIO.writeAtomically(names, to: fixture.data + "/cifar-10-batches-bin/batches.meta.txt")
        #expect(await infer(fixture) == 0)
        #expect(fixture.world.result?["synthetic"] == .null && fixture.world.result?["checkpoint_synthetic"] == true)
        #expect(
            fixture.world.events("class_names_differ").first?["reason"]?.stringValue?.hasPrefix(
                "class 0 is 'synthetic_0' in the checkpoint and 'animal_0' in the data") == true)
    }

    @Test func aCheckpointOfOtherClassesIsRefused() async throws {
        let fixture = try await TrainingFixture()
        _ = await fixture.train("out", "epochs=1")
        let other = SyntheticDataset(format: .cifar100, trainImages: 100, testImages: 100, seed: 0)
        try other.write(to: fixture.path("other/cifar-100-binary"), cancellation: CancellationFlag())
        #expect(await infer(fixture, "data=\(fixture.path("other"))") == 1)
        #expect(fixture.world.diagnostics.text.contains("tells 10 classes apart, but cifar100 has 100"))
    }
}

@Suite struct PictureTests {
    @Test func pngFilesHoldThePixels() throws {
        var picture = Picture(width: 5, height: 3)
        picture.fill(x: 1, y: 1, width: 9, height: 1, .good)
        picture[0, 2] = .bad
        let file = try PNGImage.encode(picture)
        #expect(Array(file[12..<29]) == Array("IHDR".utf8) + [0, 0, 0, 5, 0, 0, 0, 3, 8, 2, 0, 0, 0])
        #expect(try pixels(of: file, width: 5, height: 3) == picture.bytes)
    }

    /// Undoes compression and filter; checks each piece's CRC.
    private func pixels(of file: [UInt8], width: Int, height: Int) throws -> [UInt8] {
        var start = 8
        var packed: [UInt8] = []
        while start < file.count {
            let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            let body = Array(file[start + 4..<start + 8 + length])
            let sum = file[start + 8 + length..<start + 12 + length].reduce(UInt(0)) { $0 << 8 | UInt($1) }
            #expect(sum == crc32(0, body, UInt32(body.count)))
            if body.starts(with: Array("IDAT".utf8)) { packed += body.dropFirst(4) }
            start += 12 + length
        }
        var size = UInt((3 * width + 1) * height)
        var rows = [UInt8](repeating: 0, count: Int(size))
        #expect(uncompress(&rows, &size, packed, UInt(packed.count)) == Z_OK && Int(size) == rows.count)
        var out: [UInt8] = []
        for row in 0..<height {
            let line = rows[row * (3 * width + 1)..<(row + 1) * (3 * width + 1)]
            #expect(line.first == 2)
            for (index, byte) in line.dropFirst().enumerated() {
                out.append(byte &+ (row > 0 ? out[(row - 1) * 3 * width + index] : 0))
            }
        }
        return out
    }

    @Test func everyLetterHasItsOwnShape() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-_%()/+? "
        let shapes = letters.map { BitmapFont.rows(of: $0) }
        #expect(Set(shapes).count == letters.count)
        #expect(shapes.allSatisfy { $0.count == BitmapFont.height && $0.allSatisfy { $0 < 32 } })
        #expect(BitmapFont.rows(of: "a") == BitmapFont.rows(of: "A"))
        #expect(BitmapFont.rows(of: "é") == BitmapFont.rows(of: "?"))
    }

    @Test func textIsDrawnInItsColour() {
        var picture = Picture(width: 12, height: 7)
        picture.write("I", x: 0, y: 0, .black)
        #expect(picture[2, 3] == .black && picture[0, 3] == .white && picture[1, 0] == .black)
        picture.write("II", x: 8, y: -2, scale: 3, .black)
    }
}
