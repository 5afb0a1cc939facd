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

    /// Calls `body` with the labels and the pixels of each row, up to `limit` rows.
    /// - Throws: ``StageError`` with `corruptData` for a label that is no class.
    func forEach(
        limit: Int = .max, _ body: (_ label: Int, _ pixels: ArraySlice<UInt8>) -> Void
    ) throws(StageError) -> Int {
        let rows = min(try count(), limit)
        let reader = try FileReader(path)
        var pending: [UInt8] = []
        var done = 0
        while done < rows, try reader.next({ pending.append(contentsOf: $0) }) {
            var start = 0
            while done < rows, pending.count - start >= format.rowBytes {
                let row = pending[start..<start + format.rowBytes]
                body(try label(of: row, row: done), row[(start + format.labelBytes)...])
                start += format.rowBytes
                done += 1
            }
            pending.removeFirst(start)
        }
        return done
    }

    private func label(of row: ArraySlice<UInt8>, row number: Int) throws(StageError) -> Int {
        let label = Int(row[row.startIndex + format.labelBytes - 1])
        guard label < format.classes else {
            throw StageError(
                .corruptData,
                "\(path): row \(number) has label \(label), but \(format.name) has classes 0 to \(format.classes - 1)")
        }
        return label
    }
}
