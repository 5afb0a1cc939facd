import PipelineCore

/// The checks of the `restricted` Pod Security Standard that pods fail in practice.
enum PodSecurity {
    static func check(_ pod: JSONValue, _ key: ObjectKey) throws(Failure) {
        let violations = violations(of: pod)
        guard !violations.isEmpty else { return }
        throw .forbidden(
            .pods, key.name, "violates PodSecurity \"restricted:latest\": \(violations.joined(separator: ", "))")
    }

    private static func violations(of pod: JSONValue) -> [String] {
        let containers = pod.at("spec", "containers")?.arrayValue ?? []
        func failing(_ test: (JSONValue) -> Bool) -> String? {
            let names = containers.filter { !test($0) }.map { "\"\($0["name"]?.stringValue ?? "")\"" }
            guard !names.isEmpty else { return nil }
            return names.count == 1 ? "container \(names[0])" : "containers \(names.joined(separator: ", "))"
        }
        let podContext = pod.at("spec", "securityContext")
        var texts: [String] = []
        if let who = failing({ $0.at("securityContext", "allowPrivilegeEscalation") == false }) {
            texts.append(
                "allowPrivilegeEscalation != false (\(who) must set securityContext.allowPrivilegeEscalation=false)")
        }
        if let who = failing({ $0.at("securityContext", "capabilities", "drop")?.arrayValue?.contains("ALL") ?? false })
        {
            texts.append("unrestricted capabilities (\(who) must set securityContext.capabilities.drop=[\"ALL\"])")
        }
        if podContext?["runAsNonRoot"] != true,
            let who = failing({ $0.at("securityContext", "runAsNonRoot") == true })
        {
            texts.append("runAsNonRoot != true (pod or \(who) must set securityContext.runAsNonRoot=true)")
        }
        if podContext?.at("seccompProfile", "type") == nil,
            let who = failing({ $0.at("securityContext", "seccompProfile", "type") != nil })
        {
            texts.append(
                "seccompProfile (pod or \(who) must set securityContext.seccompProfile.type to "
                    + "\"RuntimeDefault\" or \"Localhost\")"
            )
        }
        return texts
    }
}
