package import PipelineCore

/// Lays one pod over another as Airflow does: what the upper one says counts, some lists are joined.
/// Source: apache-airflow-providers-cncf-kubernetes `pod_generator.py` (`reconcile_pods`).
package enum PodMerge {
    /// `upper` over `base`.
    package static func reconcile(_ base: JSONValue, _ upper: JSONValue) -> JSONValue {
        guard let baseObject = base.objectValue, !baseObject.isEmpty else { return upper }
        guard var result = upper.objectValue, !result.isEmpty else { return base }
        result["spec"] = layer(baseObject["spec"], result["spec"], spec)
        result["metadata"] = layer(baseObject["metadata"], result["metadata"], metadata)
        return .object(filled(result, from: baseObject))
    }

    private static func metadata(_ base: JSONObject, _ upper: JSONObject) -> JSONObject {
        var result = upper
        for key in ["labels", "annotations"] {
            result[key] = layer(base[key], upper[key]) { base, upper in base.merging(upper) }
        }
        // Finalizers and owners are not joined, though Airflow's code means to: it drops the joined list.
        return filled(result, from: base)
    }

    private static func spec(_ base: JSONObject, _ upper: JSONObject) -> JSONObject {
        var result = upper
        // An empty list that is written stays written.
        result["containers"] = containers(list(base["containers"]), list(upper["containers"])) ?? upper["containers"]
        result["initContainers"] =
            initContainers(list(base["initContainers"]), list(upper["initContainers"])) ?? upper["initContainers"]
        joinLists(["volumes"], base, into: &result)
        return filled(result, from: base)
    }

    /// By position.
    private static func containers(_ base: [JSONValue], _ upper: [JSONValue]) -> JSONValue? {
        let merged = (0..<max(base.count, upper.count)).map { index in
            guard base.indices.contains(index) else { return upper[index] }
            return upper.indices.contains(index) ? container(base[index], upper[index]) : base[index]
        }
        return merged.isEmpty ? nil : .array(merged)
    }

    /// By name.
    private static func initContainers(_ base: [JSONValue], _ upper: [JSONValue]) -> JSONValue? {
        let names = Set(base.compactMap { $0["name"]?.stringValue })
        let merged = base.map { below in
            guard let above = upper.first(where: { $0["name"] == below["name"] }) else { return below }
            return container(below, above)
        }
        let all = merged + upper.filter { !names.contains($0["name"]?.stringValue ?? "") }
        return all.isEmpty ? nil : .array(all)
    }

    private static func container(_ base: JSONValue, _ upper: JSONValue) -> JSONValue {
        layer(base, upper) { base, upper in
            var result = upper
            joinLists(["volumeMounts", "env", "envFrom", "ports", "volumeDevices"], base, into: &result)
            return filled(result, from: base)
        } ?? upper
    }

    private static func layer(
        _ base: JSONValue?, _ upper: JSONValue?, _ merge: (JSONObject, JSONObject) -> JSONObject
    ) -> JSONValue? {
        guard let base, isSet(base) else { return upper }
        guard let upper, isSet(upper) else { return base }
        guard let baseObject = base.objectValue, let upperObject = upper.objectValue else { return upper }
        return .object(merge(baseObject, upperObject))
    }

    private static func joinLists(_ keys: [String], _ base: JSONObject, into result: inout JSONObject) {
        for key in keys {
            let joined = list(base[key]) + list(result[key])
            if !joined.isEmpty { result[key] = .array(joined) }
        }
    }

    /// Members that `upper` leaves unset, in Python's sense: nothing, empty, zero or false.
    private static func filled(_ upper: JSONObject, from base: JSONObject) -> JSONObject {
        var result = upper
        for (key, value) in base where !isSet(result[key]) && !value.isNull { result[key] = value }
        return result
    }

    private static func list(_ value: JSONValue?) -> [JSONValue] { value?.arrayValue ?? [] }

    private static func isSet(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?, .bool(false)?, .int(0)?: false
        case .double(let number)?: number != 0
        case .string(let text)?: !text.isEmpty
        case .array(let elements)?: !elements.isEmpty
        case .object(let members)?: !members.isEmpty
        case .bool?, .int?: true
        }
    }
}
