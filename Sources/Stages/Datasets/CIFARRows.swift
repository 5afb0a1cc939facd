/// Reads and checks the rows of one file.
struct CIFARRows {
    let format: CIFARFormat
    let path: String

    /// The number of rows, from the file's size.
    /// - Throws: ``StageError`` with `corruptData` for a part of a row at the end.
    func count() throws(StageError) -> Int {
        guard let size = FileIO.size(of: path) else { throw StageError(.fileFailed, "\(path): no such file") }
        guard size > 0, size % format.rowBytes == 0 else {
            throw StageError(
                .corruptData,
                "\(path): \(size) bytes are no whole number of rows of \(format.rowBytes); the file is cut off or not "
                    + "in \(format.name)'s format")
        }
        return size / format.rowBytes
    }

    /// Calls `body` with each row, up to `limit` rows, and counts them.
    /// - Throws: ``StageError`` with `corruptData` for a label that is no class.
    func forEach(limit: Int = .max, _ body: (_ row: ArraySlice<UInt8>) -> Void) throws(StageError) -> Int {
        let rows = min(try count(), limit)
        let reader = try FileReader(path)
        var pending: [UInt8] = []
        var done = 0
        while done < rows, try reader.next({ pending.append(contentsOf: $0) }) {
            var start = 0
            while done < rows, pending.count - start >= format.rowBytes {
                let row = pending[start..<start + format.rowBytes]
                try checkLabel(of: row, number: done)
                body(row)
                start += format.rowBytes
                done += 1
            }
            pending.removeFirst(start)
        }
        return done
    }

    private func checkLabel(of row: ArraySlice<UInt8>, number: Int) throws(StageError) {
        if let coarseClasses = format.coarseClasses, Int(row[row.startIndex]) >= coarseClasses {
            throw StageError(
                .corruptData,
                "\(path): row \(number) has superclass \(row[row.startIndex]), but \(format.name) has superclasses 0 to "
                    + "\(coarseClasses - 1)")
        }
        let label = Int(row[row.startIndex + format.labelBytes - 1])
        guard label < format.classes else {
            throw StageError(
                .corruptData,
                "\(path): row \(number) has label \(label), but \(format.name) has classes 0 to \(format.classes - 1)")
        }
    }
}
