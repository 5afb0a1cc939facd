package import PipelineCore

extension InMemoryStoreCore {
    package mutating func setPool(_ pool: Pool) throws(StoreError) {
        guard pool.slots >= -1 else {
            throw StoreError(.invalid, "pool \(pool.name) cannot have \(pool.slots) slots; -1 means without a limit")
        }
        pools[pool.name] = pool
    }

    mutating func deletePool(_ name: String) throws(StoreError) -> Bool {
        guard name != Pool.defaultName else {
            throw StoreError(.conflict, "\(Pool.defaultName) cannot be deleted: tasks without a pool use it")
        }
        return pools.removeValue(forKey: name) != nil
    }

    package mutating func saveDAGRecords(_ records: [DAGRecord]) {
        for record in records {
            var row = record
            if let known = dags[record.dagID] { row.isPaused = known.isPaused }
            dags[record.dagID] = row
        }
    }

    package mutating func setPaused(_ isPaused: Bool, dagID: String) -> Bool {
        guard dags[dagID] != nil else { return false }
        dags[dagID]?.isPaused = isPaused
        return true
    }

    func dagVersions(dagID: String) -> [DAGVersion] {
        (versions[dagID] ?? []).reversed().map(\.withoutDocument)
    }

    /// A version that is there already, the same in all, was added by a commit whose acknowledgement was lost.
    package mutating func addDAGVersion(_ version: DAGVersion) throws(StoreError) {
        let known = versions[version.dagID] ?? []
        if known.contains(version) { return }
        guard version.number == known.count + 1, !versions.values.joined().contains(where: { $0.id == version.id })
        else {
            throw StoreError(
                .conflict, "version \(version.number) of \(version.dagID) does not follow version \(known.count)")
        }
        versions[version.dagID, default: []].append(version)
    }

    mutating func setParsedFiles(_ files: [String: [UInt8]]) {
        for (key, bytes) in files.sorted(by: { $0.key < $1.key }) {
            parsedFileOrder.removeAll { $0 == key }
            parsedFileOrder.append(key)
            parsedFiles[key] = bytes
        }
        var total = parsedFiles.values.reduce(0) { $0 + $1.count }
        while total > maximumParsedFileBytes, !parsedFileOrder.isEmpty {
            total -= parsedFiles.removeValue(forKey: parsedFileOrder.removeFirst())?.count ?? 0
        }
    }
}
