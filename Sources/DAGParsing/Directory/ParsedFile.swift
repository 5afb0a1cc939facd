import PipelineCore

/// What reading one file gave, as it is cached: the DAG documents, the errors, and what else the result depends on.
struct ParsedFile: Sendable {
    var documents: [(hash: String, document: DAGDocument)] = []
    var errors: [ImportError] = []
    /// Content hashes of the files below the folder that were loaded with it, by relative path.
    var dependencies: [String: String] = [:]
    /// Set where the reader could not say what was loaded: a hash over the whole folder stands for it.
    var folderHash: String?

    /// Where `path` is the file as the folder names it.
    static func failed(_ path: String, _ error: any Error) -> ParsedFile {
        ParsedFile(errors: [ImportError(path, error)])
    }

    /// Takes a reader's answer apart. One DAG that is wrong makes an error for that DAG.
    init(answer: JSONText, path: String) throws(DAGParsingError) {
        do {
            guard let dags = try answer.member("dags")?.elements() else {
                let found = try answer.value().shortText
                throw DAGParsingError(.reader, "the reader answered \(found) instead of an object with 'dags'")
            }
            for entry in dags { add(entry, path) }
            let errors = try answer.member("import_errors")?.value().arrayValue ?? []
            self.errors += errors.map { ImportError(json: $0, path: path) }
        } catch let error as DAGParsingError {
            throw error
        } catch {
            throw DAGParsingError(.reader, "the reader's answer is not JSON: \(error)")
        }
    }

    /// The same with documents that name `folder`: where they are used there again, they need not be copied.
    func placed(in folder: String) throws(DAGParsingError) -> ParsedFile {
        var result = self
        for index in documents.indices {
            result.documents[index].document = try documents[index].document.placed(in: folder)
        }
        return result
    }

    private mutating func add(_ entry: JSONText, _ path: String) {
        do {
            let document = try DAGDocument(readerEntry: entry)
            documents.append((try document.hash(), document))
        } catch {
            let id = (try? entry.member("dag_id")?.value())??.stringValue ?? "?"
            errors.append(ImportError(path, error.inside("DAG '\(id)'")))
        }
    }

    init(documents: [(hash: String, document: DAGDocument)] = [], errors: [ImportError]) {
        self.documents = documents
        self.errors = errors
    }
}

extension ParsedFile {
    /// The stored form.
    var utf8: [UInt8] {
        let documents = documents.map {
            JSONText(members: [("hash", JSONText(.string($0.hash))), ("document", $0.document.text)])
        }
        var members: [JSONText.Member] = [
            ("documents", JSONText(elements: documents)), ("import_errors", JSONText(.array(errors.map(\.json)))),
            (
                "dependencies",
                JSONText(.object(JSONObject(dependencies.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
            ),
        ]
        if let folderHash { members.append(("folder_hash", JSONText(.string(folderHash)))) }
        return Array(JSONText(members: members).utf8)
    }

    /// `nil` where the bytes are not what ``utf8`` wrote: the file is then read anew.
    init?(utf8 bytes: [UInt8], path: String) {
        let text = JSONText(utf8: bytes)
        guard let documents = try? text.member("documents")?.elements(),
            let errors = (try? text.member("import_errors")?.value())??.arrayValue,
            let dependencies = (try? text.member("dependencies")?.value())??.objectValue
        else { return nil }
        self.errors = errors.map { ImportError(json: $0, path: path) }
        for entry in documents {
            guard let hash = (try? entry.member("hash")?.value())??.stringValue,
                let document = try? entry.member("document")
            else { return nil }
            self.documents.append((hash, DAGDocument(text: document)))
        }
        for (path, hash) in dependencies { self.dependencies[path] = hash.stringValue }
        folderHash = (try? text.member("folder_hash")?.value())??.stringValue
    }
}

extension ImportError {
    init(_ path: String, _ error: any Error) {
        guard let error = error as? DAGParsingError else {
            self.init(file: path, line: nil, message: "\(error)", traceback: "")
            return
        }
        var bare = error
        (bare.file, bare.line) = (nil, nil)
        self.init(file: error.file ?? path, line: error.line, message: "\(bare)", traceback: "")
    }

    init(json: JSONValue, path: String) {
        self.init(
            file: json["file"]?.stringValue ?? path, line: json["line"]?.intValue,
            message: json["message"]?.stringValue ?? "the file could not be read",
            traceback: json["traceback"]?.stringValue ?? "")
    }

    var json: JSONValue {
        [
            "file": .string(file), "line": line.map { .int($0) } ?? .null, "message": .string(message),
            "traceback": .string(traceback),
        ]
    }
}
