import PipelineCore

/// A label selector in the form of the query: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
struct LabelSelector {
    enum Requirement {
        case isIn(String, [String])
        case isNotIn(String, [String])
        case exists(String)
        case isMissing(String)
    }

    private(set) var requirements: [Requirement] = []

    /// `nil` where the text is no selector.
    init?(_ text: String) {
        for part in Self.parts(text) {
            guard let requirement = Self.requirement(part) else { return nil }
            requirements.append(requirement)
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        requirements.isEmpty || matches(labels: object.strings("metadata", "labels"))
    }

    func matches(labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .isMissing(let key): labels[key] == nil
            }
        }
    }

    /// The text at its commas, those in parentheses aside.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        parts.append(current)
        return parts.map(trimmed).filter { !$0.isEmpty }
    }

    private static func requirement(_ part: String) -> Requirement? {
        let words = part.split(separator: " ", maxSplits: 2).map(String.init)
        if words.count >= 2, let open = part.firstIndex(of: "("), part.hasSuffix(")") {
            let values = part[part.index(after: open)...].dropLast().split(separator: ",").map { trimmed(String($0)) }
            let word = words[1].prefix { $0 != "(" }
            return word == "in" ? .isIn(words[0], values) : word == "notin" ? .isNotIn(words[0], values) : nil
        }
        for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            guard let range = part.firstRange(of: sign) else { continue }
            let key = trimmed(String(part[..<range.lowerBound]))
            let value = trimmed(String(part[range.upperBound...]))
            guard !key.isEmpty, !value.contains("=") else { return nil }
            return isEqual ? .isIn(key, [value]) : .isNotIn(key, [value])
        }
        guard words.count == 1 else { return nil }
        return part.hasPrefix("!") ? .isMissing(String(part.dropFirst())) : .exists(part)
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

/// A field selector: `metadata.name=a,status.phase!=Running`. Only the fields that the API knows for the kind.
struct FieldSelector {
    private(set) var requirements: [(path: [String], value: String, isEqual: Bool)] = []

    private static let common: Set<String> = ["metadata.name", "metadata.namespace"]

    private static func known(_ resource: Resource) -> Set<String> {
        switch resource {
        case .pods:
            common.union([
                "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                "status.phase", "status.podIP", "status.nominatedNodeName", "spec.hostNetwork",
            ])
        case .events:
            common.union([
                "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
                "involvedObject.uid", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
            ])
        case .nodes: common.union(["spec.unschedulable"])
        case .namespaces: common.union(["status.phase"])
        case .secrets: common.union(["type"])
        default: common
        }
    }

    struct Failure: Error {
        var message: String
    }

    init(_ text: String, for resource: Resource) throws(Failure) {
        for part in text.split(separator: ",") {
            guard let range = part.firstRange(of: "!=") ?? part.firstRange(of: "==") ?? part.firstRange(of: "=") else {
                throw Failure(message: "invalid selector: '\(text)'; can't understand '\(part)'")
            }
            let field = String(part[..<range.lowerBound])
            guard Self.known(resource).contains(field) else {
                throw Failure(message: "field label not supported: \(field)")
            }
            let path = field.split(separator: ".").map(String.init)
            requirements.append((path, String(part[range.upperBound...]), !part[range].hasPrefix("!")))
        }
    }

    func matches(_ object: JSONValue) -> Bool {
        requirements.allSatisfy { path, value, isEqual in ((object.at(path)?.stringValue ?? "") == value) == isEqual }
    }
}
