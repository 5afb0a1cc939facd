package import PipelineCore

/// What an executor reads of a pod.
package struct PodView: ObjectView, Hashable {
    package let json: JSONValue

    package init(json: JSONValue) { self.json = json }

    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`. May skip `Running`, and lags behind the containers by
    /// seconds; what it says last is what counts.
    package var phase: String { status?["phase"]?.stringValue ?? "Unknown" }
    package var isTerminal: Bool { phase == "Succeeded" || phase == "Failed" }
    /// `Evicted`, `DeadlineExceeded`, `NodeLost`, `Preempting`.
    package var reason: String? { status?["reason"]?.stringValue }
    package var message: String? { status?["message"]?.stringValue }
    package var nodeName: String? { json["spec"]?["nodeName"]?.stringValue }
    package var hostIP: String? { status?["hostIP"]?.stringValue }
    package var podIP: String? { status?["podIP"]?.stringValue }
    package var startTime: Timestamp? { status?["startTime"].instant }

    /// In no order that means anything: ask by name.
    package var containerStatuses: [ContainerStatusView] { statuses("containerStatuses") }
    package var initContainerStatuses: [ContainerStatusView] { statuses("initContainerStatuses") }

    package func containerStatus(_ name: String) -> ContainerStatusView? {
        containerStatuses.first { $0.name == name }
    }

    private var status: JSONValue? { json["status"] }

    private func statuses(_ key: String) -> [ContainerStatusView] {
        (status?[key]).elements.map { ContainerStatusView(json: $0) }
    }
}
