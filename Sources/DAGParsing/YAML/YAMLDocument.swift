package import PipelineCore

/// A YAML text as a value, read as PyYAML's `safe_load` reads it, but for dates, which stay texts.
package enum YAMLDocument {
    /// `null` where there is nothing in the text.
    /// - Throws: ``DAGParsingError`` with the line.
    package static func json(_ text: String) throws(DAGParsingError) -> JSONValue {
        try YAMLReader.read(text)?.json ?? .null
    }
}
