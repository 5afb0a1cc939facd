/// The names a template sees.
package struct JinjaContext {
    private let values: [String: JinjaValue]
    private let find: ((String) throws -> JinjaValue?)?

    /// - Parameters:
    ///   - values: values that are at hand.
    ///   - find: asked for every other name, once for each use; nil means that the name is undefined. Use it for values
    ///     that cost a query, as Airflow's lazy context entries do.
    package init(_ values: [String: JinjaValue], find: ((String) throws -> JinjaValue?)? = nil) {
        self.values = values
        self.find = find
    }

    func value(_ name: String) throws -> JinjaValue? {
        try values[name] ?? find?(name)
    }
}
