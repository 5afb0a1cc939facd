extension KubernetesDouble {
    /// Which calls a fault is for; `nil` matches everything.
    package struct CallMatcher: Sendable, Hashable {
        package var verb: Verb?
        package var resource: Resource?
        package var subresource: String?
        package var namePrefix: String?

        package init(
            _ verb: Verb? = nil, _ resource: Resource? = nil, subresource: String? = nil, namePrefix: String? = nil
        ) {
            self.verb = verb
            self.resource = resource
            self.subresource = subresource
            self.namePrefix = namePrefix
        }

        /// Reads of logs, followed or not.
        package static let logs = CallMatcher(.get, .pods, subresource: "log")

        /// Without a subresource in the matcher, only calls without one match, unless the matcher names no resource.
        func matches(_ call: Call) -> Bool {
            if let verb, verb != call.verb { return false }
            if let resource, resource != call.resource || subresource != call.subresource { return false }
            if let subresource, subresource != call.subresource { return false }
            if let namePrefix { return call.name?.hasPrefix(namePrefix) ?? false }
            return true
        }
    }
}
