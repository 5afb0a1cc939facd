import PipelineCore

/// The containers of a pod, among them the one that the result comes from.
struct PodContainers {
    private let pod: JSONValue
    private let base: String

    init(_ pod: JSONValue, base: String) {
        self.pod = pod
        self.base = base
    }

    /// The pod with its base container in the first place.
    /// - Throws: ``PodBuildError`` when it has none, or one without an image.
    func baseFirst() throws -> JSONValue {
        var containers = pod["spec"]?["containers"]?.arrayValue ?? []
        guard let index = containers.firstIndex(where: { $0["name"]?.stringValue == base }) else {
            let names = containers.compactMap { $0["name"]?.stringValue }.joined(separator: ", ")
            throw PodBuildError(
                "spec.containers", "no container is named '\(base)' (there are: \(names)); name it so, or set base_container_name")
        }
        guard containers[index]["image"]?.stringValue?.isEmpty == false else {
            throw PodBuildError("image", "the container '\(base)' has no image; give image=, or one in the pod template")
        }
        containers.insert(containers.remove(at: index), at: 0)
        return pod.setting("spec", "containers", to: .array(containers))
    }
}

extension JSONValue {
    /// Requests of a pod's containers and limits where there is no request, by resource: names only.
    var requestedResourceNames: Set<String> {
        let containers = (self["spec"]?["containers"]?.arrayValue ?? []) + (self["spec"]?["initContainers"]?.arrayValue ?? [])
        return containers.reduce(into: []) { names, container in
            for kind in ["requests", "limits"] {
                names.formUnion(container["resources"]?[kind]?.objectValue?.keys ?? [])
            }
        }
    }

    /// This pod with its first container changed.
    func changingFirstContainer(_ change: (inout JSONObject) -> Void) -> JSONValue {
        guard var containers = self["spec"]?["containers"]?.arrayValue, var first = containers.first?.objectValue
        else { return self }
        change(&first)
        containers[0] = .object(first)
        return setting("spec", "containers", to: .array(containers))
    }
}
