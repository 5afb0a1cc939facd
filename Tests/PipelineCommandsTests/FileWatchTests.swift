import Foundation
import Testing

@testable import PipelineCommands

@Suite struct FileWatchTests {
    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder.appending(path: "a/b"), withIntermediateDirectories: true)
        return folder
    }

    @Test func aChangeFarBelowIsTold() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (events, event) = AsyncStream.makeStream(of: Void.self)
        let watch = try FileWatch { event.yield() }
        try watch.add(below: folder.path)
        try Data("x".utf8).write(to: folder.appending(path: "a/b/dag.yaml"))
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        withExtendedLifetime(watch) {}
    }

    /// Two links that lead back doubled the folders at each level.
    @Test func linksThatLeadBackAreNotFollowedForEver() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["one", "two", "three"] {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: "a/\(name)"), withDestinationURL: folder)
        }
        let watch = try FileWatch {}
        try watch.add(below: folder.path)
        withExtendedLifetime(watch) {}
    }
}
