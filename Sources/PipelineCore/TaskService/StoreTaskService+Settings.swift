extension StoreTaskService {
    package func variable(_ key: String) async throws -> String? {
        if let value = secrets.variable(key) { return value }
        return try await store.variable(key)?.value
    }

    package func setVariable(_ variable: Variable) async throws { try await store.setVariable(variable) }

    package func deleteVariable(_ key: String) async throws { _ = try await store.deleteVariable(key) }

    package func variableKeys(prefix: String?) async throws -> [String] {
        try await store.variables().map(\.key).filter { $0.hasPrefix(prefix ?? "") }
    }

    package func connection(_ id: String) async throws -> Connection? {
        if let connection = try secrets.connection(id) { return connection }
        return try await store.connection(id)
    }
}
