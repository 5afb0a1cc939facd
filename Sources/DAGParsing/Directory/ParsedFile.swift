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
    init(answer: JSONValue, path: String) throws(DAGParsingError) {
        guard let object = answer.objectValue, let dags = object["dags"]?.arrayValue else {
            throw DAGParsingError(.reader, "the reader answered \(answer.shortText) instead of an object with 'dags'")
        }
        for entry in dags {
            do {
                let document = try DAGDocument(readerEntry: entry)
                documents.append((document.hash, document))
            } catch {
                let id = entry["dag_id"]?.stringValue ?? "?"
                errors.append(ImportError(path, error.inside("DAG '\(id)'")))
            }
        }
        errors += (object["import_errors"]?.arrayValue ?? []).map { ImportError(json: $0, path: path) }
    }

    init(documents: [(hash: String, document: DAGDocument)] = [], errors: [ImportError]) {
        self.documents = documents
        self.errors = errors
    }
}

extension ParsedFile {
    /// The stored form.
    var utf8: [UInt8] {
        var object: JSONObject = [
            "documents": .array(documents.map { ["hash": .string($0.hash), "document": $0.document.json] }),
            "import_errors": .array(errors.map(\.json)),
            "dependencies": .object(
                JSONObject(dependencies.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
        object["folder_hash"] = folderHash.map { .string($0) }
        return JSONValue.object(object).serializedUTF8()
    }

    /// `nil` where the bytes are not what ``utf8`` wrote: the file is then read anew.
    init?(utf8 bytes: [UInt8], path: String) {
        guard let json = try? JSONValue.parse(utf8: bytes), let documents = json["documents"]?.arrayValue,
            let errors = json["import_errors"]?.arrayValue, let dependencies = json["dependencies"]?.objectValue
        else { return nil }
        self.errors = errors.map { ImportError(json: $0, path: path) }
        for entry in documents {
            guard let hash = entry["hash"]?.stringValue, let document = entry["document"] else { return nil }
            self.documents.append((hash, DAGDocument(json: document)))
        }
        for (path, hash) in dependencies { self.dependencies[path] = hash.stringValue }
        folderHash = json["folder_hash"]?.stringValue
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
