import Tensor
import Testing

@Suite struct ImageSetTests {
    @Test func cifar100RowsHaveTheirFineLabel() throws {
        let row = [7, 33] + (0..<3072).map { UInt8($0 % 251) }
        let set = try ImageSet.cifar100(row + row)
        #expect(set.labels == [33, 33])
        try set.withImage(1) { (image) throws(TensorError) in
            #expect(image.count == 3072)
            #expect(image[1000] == UInt8(1000 % 251))
        }
    }

    @Test func truncatedRowsAreRefused() {
        let error = #expect(throws: TensorError.self) { try ImageSet.cifar10([UInt8](repeating: 0, count: 3072)) }
        #expect(error?.code == .malformedFile)
        #expect(error?.message == "3072 bytes are no whole number of rows of 3073 bytes")
    }

    @Test(arguments: [(-1, 1), (0, -1)]) func negativeOffsetsAreRefused(_ label: Int, _ pixels: Int) {
        let error = #expect(throws: TensorError.self) {
            try ImageSet(
                rows: [UInt8](repeating: 0, count: 3073), rowBytes: 3073, labelOffset: label, pixelOffset: pixels,
                classes: 10)
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func labelsOutsideTheClassesAreRefusedWithTheirRow() {
        var bytes = [UInt8](repeating: 0, count: 3 * 3073)
        bytes[2 * 3073] = 10
        let error = #expect(throws: TensorError.self) { try ImageSet.cifar10(bytes) }
        #expect(error?.code == .labelOutOfRange)
        #expect(error?.message == "row 2 has label 10; the classes are 0 to 9")
    }
}
