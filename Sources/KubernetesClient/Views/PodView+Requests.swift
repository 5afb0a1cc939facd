import PipelineCore

extension PodView {
    /// What the scheduler counts for this pod (component-helpers, `PodRequests`): the larger of what its containers
    /// ask for together and of what an init container asks for, each with the sidecars that run beside it; requests of
    /// the whole pod take the place of that for the resources that they name; the overhead of the runtime is added.
    package var requests: ResourceAmounts {
        let spec = json["spec"]
        var running = (spec?["containers"]).elements.reduce(ResourceAmounts()) { $0 + Self.requests(of: $1) }
        var sidecars = ResourceAmounts()
        var starting = ResourceAmounts()
        for container in (spec?["initContainers"]).elements {
            if container["restartPolicy"]?.stringValue == "Always" {
                sidecars = sidecars + Self.requests(of: container)
                starting = starting.maximum(sidecars)
            } else {
                starting = starting.maximum(sidecars + Self.requests(of: container))
            }
        }
        running = (running + sidecars).maximum(starting)
        for (name, amount) in Self.requests(of: spec ?? .null).amounts { running[name] = amount }
        return running + ResourceAmounts(spec?["overhead"])
    }

    /// A limit without a request is one, as the API server fills it in.
    private static func requests(of container: JSONValue) -> ResourceAmounts {
        let limits = ResourceAmounts(container["resources"]?["limits"])
        let requests = ResourceAmounts(container["resources"]?["requests"])
        return ResourceAmounts(limits.amounts.merging(requests.amounts) { $1 })
    }
}
