import PipelineCore
import Yams

/// Turns YAML text into a ``YAMLNode`` with lines: anchors and `<<` are resolved, keys are strings.
struct YAMLReader {
    /// Nodes after anchors are resolved; aliases of aliases must not fill the memory.
    static let maximumNodes = 200_000
    static let maximumDepth = 64

    private var nodes = 0

    static func read(_ text: String) throws(DAGParsingError) -> YAMLNode? {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw syntaxError(error)
        } catch {
            throw DAGParsingError(.syntax, "\(error)")
        }
        guard let root else { return nil }
        var reader = YAMLReader()
        return try reader.convert(root, depth: 0)
    }

    private static func syntaxError(_ error: YamlError) -> DAGParsingError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            DAGParsingError(.syntax, "not YAML: \(problem)", line: mark.line)
        case .duplicatedKeysInMapping(let duplicates, let context):
            DAGParsingError(
                .duplicate, "the key '\(duplicates.first ?? "")' stands twice in one mapping",
                line: context.mark.line)
        default: DAGParsingError(.syntax, "not YAML: \(error)")
        }
    }

    private mutating func convert(_ node: Node, depth: Int) throws(DAGParsingError) -> YAMLNode {
        let line = node.mark?.line ?? 1
        nodes += 1
        guard nodes <= Self.maximumNodes, depth <= Self.maximumDepth else {
            throw DAGParsingError(.invalidValue, "the document is too large or too deeply nested", line: line)
        }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(
                content: .scalar(try YAMLScalar.value(of: scalar, line: line), text: scalar.string), line: line)
        case .sequence(let sequence):
            var elements: [YAMLNode] = []
            for element in sequence { elements.append(try convert(element, depth: depth + 1)) }
            return YAMLNode(content: .list(elements), line: line)
        case .mapping(let mapping):
            return YAMLNode(content: .map(try entries(mapping, depth: depth)), line: line)
        case .alias:
            throw DAGParsingError(.syntax, "an alias names no anchor", line: line)
        }
    }

    /// What is merged in by `<<` stands behind the mapping's own keys.
    private mutating func entries(_ mapping: Node.Mapping, depth: Int) throws(DAGParsingError) -> [YAMLNode.Entry] {
        var own: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? 1
            guard case .scalar(let scalar) = key else {
                throw DAGParsingError(.wrongType, "a key must be a text", line: line)
            }
            let node = try convert(value, depth: depth + 1)
            if scalar.string == "<<", scalar.style == .plain || scalar.style == .any {
                merged += try mergeEntries(node)
            } else {
                own.append(YAMLNode.Entry(key: scalar.string, line: line, value: node))
            }
        }
        var known = Set(own.map(\.key))
        return own + merged.filter { known.insert($0.key).inserted }
    }

    private func mergeEntries(_ node: YAMLNode) throws(DAGParsingError) -> [YAMLNode.Entry] {
        if let entries = node.entries { return entries }
        guard let elements = node.elements, elements.allSatisfy({ $0.entries != nil }) else {
            throw node.error(.wrongType, "'<<' merges a mapping, or a list of mappings")
        }
        return elements.flatMap { $0.entries ?? [] }
    }
}

/// The value of a scalar, by the rules of YAML 1.1 as PyYAML has them (`yes` is true, `0o17` is a text, `017` is 15),
/// with one exception: `12:30:00` stays a text and is not the number 45000.
enum YAMLScalar {
    static func value(of scalar: Node.Scalar, line: Int) throws(DAGParsingError) -> JSONValue {
        let isPlain = scalar.style == .plain || scalar.style == .any
        switch scalar.tag.rawValue {
        case "", "?", "!": return isPlain && scalar.tag.rawValue != "!" ? plain(scalar.string) : .string(scalar.string)
        case "tag:yaml.org,2002:str": return .string(scalar.string)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            return plain(scalar.string)
        case let tag:
            throw DAGParsingError(
                .pythonOnly, "the tag '\(tag)' makes an object of Python; write this DAG as a Python file", line: line)
        }
    }

    static func plain(_ text: String) -> JSONValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return true
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return false
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
        case ".nan", ".NaN", ".NAN": return .double(.nan)
        default: return integer(text) ?? float(text) ?? .string(text)
        }
    }

    private static func integer(_ text: String) -> JSONValue? {
        let isNegative = text.first == "-"
        var digits = String(text.first == "-" || text.first == "+" ? text.dropFirst() : text[...])
        guard let first = digits.first, first.isASCII, first.isNumber else { return nil }
        digits.removeAll { $0 == "_" }
        let (body, radix): (Substring, Int) =
            if digits.hasPrefix("0x") {
                (digits.dropFirst(2), 16)
            } else if digits.hasPrefix("0b") {
                (digits.dropFirst(2), 2)
            } else if digits.count > 1, first == "0" {
                (digits.dropFirst(), 8)
            } else {
                (digits[...], 10)
            }
        guard let value = Int(body, radix: radix), body.first != "-", body.first != "+" else { return nil }
        return .int(isNegative ? -value : value)
    }

    /// A point is needed, and a sign in the exponent, as PyYAML wants it: `1e3` is a text.
    private static func float(_ text: String) -> JSONValue? {
        let digits = text.filter { $0 != "_" }
        guard let point = digits.firstIndex(of: "."), digits.allSatisfy({ $0.isASCII }) else { return nil }
        let head = digits[..<point].drop { $0 == "-" || $0 == "+" }
        var tail = digits[digits.index(after: point)...]
        if let exponent = tail.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            let sign = tail[tail.index(after: exponent)...]
            guard let mark = sign.first, mark == "+" || mark == "-", sign.count > 1,
                sign.dropFirst().allSatisfy(\.isNumber)
            else { return nil }
            tail = tail[..<exponent]
        }
        guard head.allSatisfy(\.isNumber), tail.allSatisfy(\.isNumber), !(head.isEmpty && tail.isEmpty) else {
            return nil
        }
        return Double(digits).map { .double($0) }
    }
}
