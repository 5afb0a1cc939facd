package import PipelineCore

/// What an executor reads of a node.
package struct NodeView: ObjectView, Hashable {
    package let json: JSONValue

    package init(json: JSONValue) { self.json = json }

    /// What pods may ask for in all.
    package var allocatable: ResourceAmounts { ResourceAmounts(json["status"]?["allocatable"]) }
    package var isReady: Bool { condition("Ready")?.isTrue ?? false }
    /// Cordoned.
    package var isUnschedulable: Bool { json["spec"]?["unschedulable"]?.boolValue ?? false }
    package var taints: [Taint] { (json["spec"]?["taints"]).elements.map { Taint($0) } }

    package struct Taint: Sendable, Hashable {
        package var key: String
        package var value: String
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        package var effect: String

        init(_ json: JSONValue) {
            key = json["key"]?.stringValue ?? ""
            value = json["value"]?.stringValue ?? ""
            effect = json["effect"]?.stringValue ?? ""
        }
    }
}
