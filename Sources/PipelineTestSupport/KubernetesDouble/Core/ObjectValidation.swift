import PipelineCore

/// The rules of validation that clients break, with the server's words.
enum ObjectValidation {
    typealias Cause = (reason: String, field: String, text: String)

    static let annotationLimit = 262_144
    private static let nameRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    private static let labelRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
        + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

    static func causes(_ object: JSONValue, _ resource: Resource) -> [Cause] {
        nameCauses(object.name) + labelCauses(object) + annotationCauses(object)
            + (resource == .pods ? PodValidation.causes(object) : [])
    }

    private static func nameCauses(_ name: String) -> [Cause] {
        if name.isEmpty {
            return [("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")]
        }
        var causes: [Cause] = []
        if name.utf8.count > 253 {
            causes.append(invalid("metadata.name", name, "must be no more than 253 characters"))
        }
        let isSubdomain = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isDNSLabel)
        if !isSubdomain { causes.append(invalid("metadata.name", name, nameRule)) }
        return causes
    }

    private static func isDNSLabel(_ text: Substring) -> Bool {
        !text.isEmpty && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func labelCauses(_ object: JSONValue) -> [Cause] {
        var causes: [Cause] = []
        for (key, value) in object.strings("metadata", "labels").sorted(by: { $0.key < $1.key }) {
            let name = key.split(separator: "/").last ?? ""
            if name.utf8.count > 63 {
                causes.append(invalid("metadata.labels", key, "name part must be no more than 63 bytes"))
            }
            if !isLabel(name) || name.isEmpty {
                causes.append(invalid("metadata.labels", key, "name part " + labelRule))
            }
            if value.utf8.count > 63 {
                causes.append(invalid("metadata.labels", value, "must be no more than 63 bytes"))
            }
            if !isLabel(value[...]) { causes.append(invalid("metadata.labels", value, labelRule)) }
        }
        return causes
    }

    private static func isLabel(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return true }
        let inner = Set("-_.".utf8)
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || inner.contains($0) }
    }

    private static func annotationCauses(_ object: JSONValue) -> [Cause] {
        let size = object.strings("metadata", "annotations").reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard size > annotationLimit else { return [] }
        return [
            ("FieldValueTooLong", "metadata.annotations", "Too long: may not be more than \(annotationLimit) bytes")
        ]
    }

    static func invalid(_ field: String, _ value: String, _ text: String) -> Cause {
        ("FieldValueInvalid", field, "Invalid value: \"\(value.escapedQuotes)\": \(text)")
    }
}

/// The rules of pods.
enum PodValidation {
    static func causes(_ pod: JSONValue) -> [ObjectValidation.Cause] {
        let containers = pod.at("spec", "containers")?.arrayValue ?? []
        if containers.isEmpty { return [("FieldValueRequired", "spec.containers", "Required value")] }
        var names: Set<String> = []
        var causes: [ObjectValidation.Cause] = []
        for (index, container) in containers.enumerated() {
            let field = "spec.containers[\(index)]"
            let name = container["name"]?.stringValue ?? ""
            if name.isEmpty { causes.append(("FieldValueRequired", "\(field).name", "Required value")) }
            if !names.insert(name).inserted {
                causes.append(("FieldValueDuplicate", "\(field).name", "Duplicate value: \"\(name)\""))
            }
            if (container["image"]?.stringValue ?? "").isEmpty {
                causes.append(("FieldValueRequired", "\(field).image", "Required value"))
            }
            causes += resourceCauses(container, field)
        }
        return causes
    }

    private static func resourceCauses(_ container: JSONValue, _ field: String) -> [ObjectValidation.Cause] {
        let limits = container.at("resources", "limits")?.objectValue ?? [:]
        var causes: [ObjectValidation.Cause] = []
        for (name, value) in container.at("resources", "requests")?.objectValue ?? [:] {
            guard let request = Quantity(value) else {
                causes.append(
                    ObjectValidation.invalid(
                        "\(field).resources.requests[\(name)]", "\(value)",
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"))
                continue
            }
            let limit = Quantity(limits[name])
            let text = value.stringValue ?? request.text
            if name.contains("/"), limit != request {
                causes.append(
                    ObjectValidation.invalid(
                        "\(field).resources.requests", text, "must be equal to \(name) limit of \(limit?.text ?? "0")"))
            } else if let limit, request > limit {
                causes.append(
                    ObjectValidation.invalid(
                        "\(field).resources.requests", text,
                        "must be less than or equal to \(name) limit of \(limits[name]?.stringValue ?? limit.text)"))
            }
        }
        return causes
    }
}
