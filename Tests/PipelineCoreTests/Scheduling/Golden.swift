import Glibc
import Testing

/// Recorded answers of Airflow (`Tests/Fixtures/scheduling`), one case a line, fields between blanks.
enum Golden {
    static func lines(_ name: String, from file: String = #filePath) throws -> [[String]] {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let path = "\(folder)/Fixtures/scheduling/\(name)"
        let stream = try #require(fopen(path, "r"), "cannot open \(path)")
        defer { fclose(stream) }
        var result: [[String]] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, stream) > 0 {
            guard let line else { break }
            result.append(String(cString: line).split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
        }
        return result
    }
}
