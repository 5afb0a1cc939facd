/// Where DAGs come from: a folder, later a Git bundle.
package protocol DAGSource: Sendable {
    /// Reads what has changed since the last call and gives all DAGs of the source.
    func refresh() async throws -> DAGCatalog
}

/// All DAGs of a source at one moment.
package struct DAGCatalog: Sendable {
    package var dags: [LoadedDAG] = []
    package var importErrors: [ImportError] = []
    /// Files that had to be read anew; the others came from the cache.
    package var filesRead = 0
    package var filesSeen = 0

    package init() {}

    package func dag(_ id: String) -> LoadedDAG? { dags.first { $0.dag.id == id } }
}

/// A DAG with the document it was decoded from.
package struct LoadedDAG: Sendable {
    package var dag: DAG
    /// See ``DAGVersion/document``; `nil` once it is known to be in the store.
    package var document: JSONText?
    /// SHA-256 of the document, hexadecimal.
    package var hash: String
    package var bundleName: String
    package var bundleVersion: String?

    package init(dag: DAG, document: JSONText?, hash: String, bundleName: String, bundleVersion: String?) {
        self.dag = dag
        self.document = document
        self.hash = hash
        self.bundleName = bundleName
        self.bundleVersion = bundleVersion
    }
}
