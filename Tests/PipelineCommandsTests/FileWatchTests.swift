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

    /// What git-sync does: a link is set to another checkout.
    @Test func aLinkThatIsSetAnewIsTold() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let link = folder.path + "/current"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path + "/a")
        let (events, event) = AsyncStream.makeStream(of: Void.self)
        let watch = try FileWatch { event.yield() }
        try watch.add(below: link + "/b")
        try watch.add(wayTo: link + "/b")
        try FileManager.default.createSymbolicLink(atPath: link + ".new", withDestinationPath: folder.path)
        #expect(rename(link + ".new", link) == 0)
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        withExtendedLifetime(watch) {}
    }

    @Test func onlyTheWatchedNamesOfAFolderCount() {
        let names = WatchedNames()
        names.count("dags", in: 7)
        #expect(names.count(Self.event(7, "other")) == false)
        #expect(names.count(Self.event(7, "other") + Self.event(7, "dags")) == true)
        #expect(names.count(Self.event(8, "any")) == true)
        names.countAll(in: 7)
        #expect(names.count(Self.event(7, "other")) == true)
    }

    /// `struct inotify_event` with its name, padded as the system does.
    private static func event(_ watch: Int32, _ name: String) -> ArraySlice<UInt8> {
        var bytes = withUnsafeBytes(of: watch) { Array($0) } + [UInt8](repeating: 0, count: 8)
        bytes += withUnsafeBytes(of: UInt32(16)) { Array($0) }
        return ArraySlice(bytes + Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count))
    }
}
