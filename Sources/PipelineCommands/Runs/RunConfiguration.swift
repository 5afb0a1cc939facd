import PipelineCore

/// `--conf` and `--param` as one object; parameters win.
struct RunConfiguration {
    let conf: String?
    let params: [String]

    /// - Throws: ``UsageError`` with the place and the mend.
    func object() throws -> JSONObject {
        var object = try confObject()
        for param in params {
            guard let equals = param.firstIndex(of: "="), equals > param.startIndex else {
                throw UsageError("--param '\(param)' is not of the form key=value")
            }
            let text = String(param[param.index(after: equals)...])
            object[String(param[..<equals])] = (try? JSONValue.parse(text)) ?? .string(text)
        }
        return object
    }

    private func confObject() throws -> JSONObject {
        guard let conf else { return JSONObject() }
        let value: JSONValue
        do {
            value = try JSONValue.parse(conf)
        } catch {
            throw UsageError("--conf is not JSON: \(error) in \(conf)")
        }
        guard let object = value.objectValue else { throw UsageError("--conf must be a JSON object, not \(conf)") }
        return object
    }

    /// - Throws: ``UsageError`` when the text is no ISO 8601 time.
    static func instant(_ text: String) throws -> Timestamp {
        guard let instant = Timestamp(iso8601: text) else {
            throw UsageError("'\(text)' is no ISO 8601 time (--logical-date)")
        }
        return instant
    }

    /// Turns what a run's creation may refuse into the exit codes of the command line.
    static func checked(_ body: () async throws -> RunSnapshot) async throws -> RunSnapshot {
        do {
            return try await body()
        } catch let error as TaskServiceError where error.code == .invalid {
            throw UsageError(error.message)
        } catch let error as TaskServiceError {
            throw CommandFailure(error.message)
        }
    }
}
