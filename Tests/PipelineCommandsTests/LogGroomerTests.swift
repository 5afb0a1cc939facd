import Foundation
import PipelineCore
import Testing

@testable import PipelineCommands

@Suite struct LogGroomerTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func write(_ path: String, in folder: URL, daysOld: Double) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("line".utf8).write(to: file)
        for path in [file.path, file.deletingLastPathComponent().path] {
            let date = Date(timeIntervalSince1970: 1_800_000_000 - daysOld * 86_400)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        }
    }

    @Test func onlyWhatIsOldGoesAndItsFolderWithIt() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "logs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try write("dag_id=d/run_id=old/task_id=t/attempt=1.log", in: folder, daysOld: 31)
        try write("dag_id=d/run_id=new/task_id=t/attempt=1.log", in: folder, daysOld: 29)
        let outside = folder.path + "-outside"
        try Data("kept".utf8).write(to: URL(filePath: outside))
        defer { try? FileManager.default.removeItem(atPath: outside) }
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: outside)

        #expect(LogGroomer(folder: folder.path, retention: .seconds(30 * 86_400)).groom(at: now) == 1)
        let left = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        #expect(left.contains("dag_id=d/run_id=new/task_id=t/attempt=1.log"))
        #expect(!left.contains { $0.hasSuffix("run_id=old/task_id=t") })
        #expect(FileManager.default.fileExists(atPath: outside))
    }
}
