import PipelineCore

/// A file's DAGs, decoded, with the errors of those that could not be.
struct LoadedFile: Sendable {
    var path: String
    var dags: [LoadedDAG] = []
    var errors: [ImportError]

    init(_ parsed: ParsedFile, path: String, configuration: DAGDirectory.Configuration) {
        self.path = path
        errors = parsed.errors
        for (hash, stored) in parsed.documents {
            do {
                let document = try stored.placed(in: configuration.folder)
                dags.append(
                    LoadedDAG(
                        dag: try document.decode(), document: document.text, hash: hash,
                        bundleName: configuration.bundleName, bundleVersion: configuration.bundleVersion))
            } catch {
                errors.append(ImportError(path, error.inside("DAG '\(stored.dagID ?? "?")'")))
            }
        }
    }
}

/// Puts a catalog together, file by file in the order of their paths.
struct CatalogBuilder {
    private(set) var catalog = DAGCatalog()
    /// Which file has a dag_id.
    private var files: [String: String] = [:]

    init(errors: [ImportError], filesSeen: Int, filesRead: Int) {
        catalog.importErrors = errors
        catalog.filesSeen = filesSeen
        catalog.filesRead = filesRead
    }

    /// A dag_id that an earlier file has is an error of this one.
    mutating func add(_ file: LoadedFile) {
        catalog.importErrors += file.errors
        for loaded in file.dags {
            guard let other = files[loaded.dag.id] else {
                files[loaded.dag.id] = file.path
                catalog.dags.append(loaded)
                continue
            }
            let message = "dag_id '\(loaded.dag.id)' is defined in \(other) already; give each DAG an id of its own"
            catalog.importErrors.append(ImportError(file: file.path, line: nil, message: message, traceback: ""))
        }
    }
}
