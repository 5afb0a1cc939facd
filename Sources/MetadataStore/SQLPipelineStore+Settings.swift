package import PipelineCore

extension SQLPipelineStore {
    package func variables() async throws -> [Variable] { try await variables("SelectVariables", []) }

    package func variable(_ key: String) async throws -> Variable? {
        try await variables("SelectVariable", [.text(key)]).first
    }

    package func setVariable(_ variable: Variable) async throws {
        let token = secrets.encrypt(variable.value, at: clock.now())
        try await write("SetVariable", [.text(variable.key), .text(token), .text(variable.description)])
    }

    package func deleteVariable(_ key: String) async throws -> Bool {
        try await write("DeleteVariable", [.text(key)], isRepeatable: false) > 0
    }

    private func variables(_ statement: String, _ values: [SQLValue]) async throws -> [Variable] {
        try await rows(statement, values, table: "variable", keyLength: 1) { [secrets] row in
            let (key, value) = (try row.text(), try row.secret(secrets) ?? "")
            return Variable(key: key, value: value, description: try row.optionalText())
        }
    }
}

extension SQLPipelineStore {
    package func connections() async throws -> [Connection] { try await connections("SelectConnections", []) }

    package func connection(_ id: String) async throws -> Connection? {
        try await connections("SelectConnection", [.text(id)]).first
    }

    package func setConnection(_ connection: Connection) async throws {
        let now = clock.now()
        let password = connection.password.map { secrets.encrypt($0, at: now) }
        let extra = connection.extra.map { secrets.encrypt($0, at: now) }
        try await write(
            "SetConnection",
            [
                .text(connection.id), .text(connection.type), .text(connection.description), .text(connection.host),
                .text(connection.schema), .text(connection.login), .text(password), .int(connection.port),
                .text(extra),
            ])
    }

    package func deleteConnection(_ id: String) async throws -> Bool {
        try await write("DeleteConnection", [.text(id)], isRepeatable: false) > 0
    }

    private func connections(_ statement: String, _ values: [SQLValue]) async throws -> [Connection] {
        try await rows(statement, values, table: "connection", keyLength: 1) { [secrets] row in
            var connection = Connection(id: try row.text(), type: try row.text())
            (connection.description, connection.host) = (try row.optionalText(), try row.optionalText())
            (connection.schema, connection.login) = (try row.optionalText(), try row.optionalText())
            (connection.password, connection.port) = (try row.secret(secrets), try row.optionalInt())
            connection.extra = try row.secret(secrets)
            return connection
        }
    }
}

extension SQLPipelineStore {
    package func pools() async throws -> [Pool] {
        try await rows("SelectPools", [], table: "slot_pool", keyLength: 1) { try Pool(&$0) }
    }

    package func setPool(_ pool: Pool) async throws { try await write("SetPool", pool.row) }

    package func deletePool(_ name: String) async throws -> Bool {
        guard name != Pool.defaultName else {
            throw StoreError(
                .conflict, "\(Pool.defaultName) cannot be deleted: tasks without a pool use it", location: location)
        }
        return try await write("DeletePool", [.text(name)], isRepeatable: false) > 0
    }
}

extension RowReader {
    /// A Fernet token's text.
    fileprivate mutating func secret(_ secrets: FernetKeys) throws -> String? {
        guard let token = try optionalText() else { return nil }
        do {
            return try secrets.decrypt(token)
        } catch {
            throw failure("cannot be decrypted: \(error); is it the key it was written with?")
        }
    }
}
