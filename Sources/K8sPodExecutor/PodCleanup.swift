package import KubernetesClient
package import PipelineCore

/// Finds pods that nobody needs any more, from one list: finished ones, and those whose try is over.
package struct PodCleanup: Sendable {
    package struct Leftover: Sendable, Hashable {
        package var name: String
        package var namespace: String
        package var uid: String
        package var phase: String
        /// Why it is not needed, for people.
        package var reason: String
    }

    private let client: KubernetesAPI
    private let settings: KubernetesSettings

    package init(client: KubernetesAPI, settings: KubernetesSettings) {
        self.client = client
        self.settings = settings
    }

    /// - Parameters:
    ///   - liveTries: ids of the tries that an executor has in hand.
    ///   - createdBefore: younger pods may belong to a try that is about to be recorded.
    /// - Throws: ``KubernetesError``
    package func leftovers(liveTries: Set<String>, createdBefore limit: Timestamp) async throws -> [Leftover] {
        let selector = Selector(labels: PodNames.selector(installation: settings.installation))
        let pods = try await client.list(.pods, namespace: settings.namespace, selector: selector)
        return pods.compactMap { leftover(PodView(json: $0), liveTries, limit) }
    }

    private func leftover(_ pod: PodView, _ liveTries: Set<String>, _ limit: Timestamp) -> Leftover? {
        guard let created = pod.creationTimestamp, created < limit, let tryID = pod.annotations[PodNames.tryID] else {
            return nil
        }
        let isLive = liveTries.contains(tryID)
        guard !isLive else { return nil }
        return Leftover(
            name: pod.name, namespace: pod.namespace, uid: pod.uid, phase: pod.phase,
            reason: pod.isTerminal ? "finished" : "its try is over")
    }

    package func delete(_ leftover: Leftover) async throws {
        do throws(KubernetesError) {
            try await client.delete(
                .pods, leftover.name, namespace: leftover.namespace, options: KubernetesAPI.DeleteOptions(uid: leftover.uid))
        } catch {
            // It may have gone by itself, or a namesake stands there now.
            guard error.kind == .notFound || error.kind == .conflict else { throw error }
        }
    }
}
