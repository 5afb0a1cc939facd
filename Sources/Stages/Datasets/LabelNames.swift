/// The class names of a data set.
enum LabelNames {
    /// One name a line; empty lines at the end do not count.
    static func read(_ path: String, classes: Int) throws(StageError) -> [String] {
        let text = try FileIO.readText(path, limit: 1 << 16)
        let lines = text.split(whereSeparator: \.isNewline)
        let names = lines.map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        guard names.count == classes else {
            throw StageError(.corruptData, "\(path): \(names.count) names for \(classes) classes")
        }
        return names
    }
}
