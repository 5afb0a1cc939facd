import Testing

@testable import Tensor

@Suite struct SafeTensorsTests {
    private func file(_ header: String, data: [UInt8] = []) -> [UInt8] {
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        return length + Array(header.utf8) + data
    }

    @Test func whatIsWrittenIsRead() throws {
        let original = SafeTensors(
            entries: [
                .init(name: "a.weight", tensor: try Tensor(shape: [2, 3], floats: [1, -2, 3.5, .infinity, 0, -0.0])),
                .init(name: "quo\"te\\ \u{1}é", tensor: try Tensor(shape: [], dtype: .uint8, bytes: [7])),
                .init(name: "count", tensor: Tensor(scalar: -5)),
                .init(name: "none", tensor: try Tensor(shape: [0, 4], floats: [])),
            ], metadata: ["format": "pt", "line": "a\nb"])
        let bytes = original.encoded()
        let decoded = try SafeTensors(decoding: bytes)
        #expect(decoded.metadata == original.metadata)
        for entry in original.entries { #expect(decoded[entry.name] == entry.tensor) }
        #expect(decoded["count"]?.scalar == -5)
        let headerLength = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        #expect(headerLength % 8 == 0)
    }

    /// As safetensors' own Python writer makes it: other spacing, an escape, arrays not in the order of the header.
    @Test func filesOfOthersAreRead() throws {
        let header = """
            {"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}, "\\u0061\\ud83d\\ude00" : \
            {"shape":[ ],"dtype":"F32","data_offsets":[0 , 4]},"__metadata__":{} }  
            """
        let read = try SafeTensors(decoding: file(header, data: [0, 0, 0, 64, 0, 0, 128, 63]))
        #expect(read["a😀"]?.floats == [2])
        #expect(read["b"]?.floats == [1])
    }

    @Test(arguments: [
        "", "{", "[]", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999,99999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} x", "{\"a", "{\"\\u12",
        "{\"__metadata__\":{\"a\":1}}",
    ])
    func brokenFilesAreRefused(header: String) {
        let error = #expect(throws: TensorError.self) { try SafeTensors(decoding: file(header, data: [0, 0, 0, 0])) }
        #expect(error?.code == .malformedFile)
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = SafeTensors(
            entries: [.init(name: "a", tensor: try Tensor(shape: [3], floats: [1, 2, 3]))], metadata: ["k": "v"]
        ).encoded()
        for length in 0..<whole.count {
            #expect(throws: TensorError.self) { try SafeTensors(decoding: Array(whole[..<length])) }
        }
    }
}
