/// References to variables in the command and the environment of a container.
/// Source: Kubernetes, "Define Dependent Environment Variables".
package enum VariableReferences {
    /// Replaces `$(NAME)` by the variable's value; one that is not set stays as it is, `$$` stands for `$`.
    package static func expanded(_ text: String, _ environment: [String: String]) -> String {
        guard text.contains("$") else { return text }
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "$":
                result += "$"
                rest.removeFirst()
            case "(":
                guard let end = rest.firstIndex(of: ")") else { return result + "$" + rest }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                result += environment[name] ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            default: result += "$"
            }
        }
        return result + rest
    }
}
