import PipelineCore

/// What came of reading one file.
struct FileRead: Sendable {
    /// Which of the files it is.
    var index: Int
    var parsed: ParsedFile
    /// Neither did the reader fail nor the content change meanwhile: the same content will give the same again.
    var isStable: Bool
}

/// One call of the reader, with as many files as it likes to take.
struct ReadingBatch: Sendable {
    let reader: any DAGFileReader
    let configuration: DAGDirectory.Configuration
    let snapshot: FolderSnapshot

    /// What was read, and which files the reader has left. A reader that fails fails the first file.
    func read(
        _ files: [(index: Int, entry: FolderSnapshot.Entry)]
    ) async throws -> (left: [Int], reads: [FileRead]) {
        do {
            let answers = try await reader.read(files.map { request($0.entry) })
            guard (1...files.count).contains(answers.count) else {
                throw DAGParsingError(.reader, "the reader gave \(answers.count) answers for \(files.count) files")
            }
            var reads: [FileRead] = []
            for (file, answer) in zip(files, answers) { reads.append(try await take(answer, file)) }
            return (files.dropFirst(answers.count).map(\.index), reads)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let failed = files.prefix(1).map { file in
                FileRead(index: file.index, parsed: .failed(file.entry.file.path, error), isStable: false)
            }
            return (files.dropFirst().map(\.index), failed)
        }
    }

    private func request(_ entry: FolderSnapshot.Entry) -> DAGReadRequest {
        DAGReadRequest(
            file: "\(configuration.folder)/\(entry.file.path)", folder: configuration.folder,
            bundleName: configuration.bundleName)
    }

    private func take(
        _ answer: JSONText, _ file: (index: Int, entry: FolderSnapshot.Entry)
    ) async throws -> FileRead {
        let path = file.entry.file.path
        var parsed: ParsedFile
        do {
            parsed = try ParsedFile(answer: answer, path: path).placed(in: configuration.folder)
        } catch {
            // An answer that breaks the contract concerns its file alone.
            return FileRead(index: file.index, parsed: .failed(path, error), isStable: false)
        }
        let names = (try? answer.member("dependencies")?.value())??.arrayValue?.compactMap(\.stringValue)
        let now = try await Blocking.run { snapshot.freshHashes(of: (names ?? []) + [path]) }
        var isStable = now[path] == file.entry.hash
        if let names {
            for name in names where name != path { parsed.dependencies[name] = now[name] }
            isStable = isStable && parsed.dependencies.allSatisfy { snapshot.isUnchanged($0.key, $0.value) }
        } else {
            parsed.folderHash = snapshot.folderHash
        }
        return FileRead(index: file.index, parsed: parsed, isStable: isStable)
    }
}
