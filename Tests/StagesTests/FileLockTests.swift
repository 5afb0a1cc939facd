import Testing

@testable import Stages

@Suite struct FileLockTests {
    @Test func oneHolderAtATime() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/lock"
        var first = try FileLock.take(path)
        #expect(first != nil)
        #expect(try FileLock.take(path) == nil)
        first = nil
        #expect(!FileIO.exists(path))
        #expect(try FileLock.take(path) != nil)
    }

    @Test func aFolderThatIsNotThereIsNamed() {
        let error = #expect(throws: StageError.self) { try FileLock.take("/nowhere/lock") }
        #expect(error?.code == .fileFailed && error?.message.contains("/nowhere/lock") == true)
    }
}
