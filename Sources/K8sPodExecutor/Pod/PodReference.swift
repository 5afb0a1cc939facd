import PipelineCore

/// A pod as it is known while it runs. The JSON that it was made of is let go: thousands run at once.
final class PodReference: Sendable {
    let identity: PodIdentity
    let plan: PodPlan
    let name: String
    let namespace: String

    init(_ request: PodRequest) {
        (identity, plan) = (request.identity, request.plan)
        (name, namespace) = (request.name, request.namespace)
    }

    var run: RunKey { identity.key.run }
}
