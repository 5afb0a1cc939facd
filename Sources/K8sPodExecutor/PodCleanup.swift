package import KubernetesClient
package import PipelineCore

/// Finds pods that nobody needs any more, from one list: those of launches of which the store says that they have ended.
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
    ///   - isOver: whether the store says that the launch of the task has ended; `false` where it does not know it: what is
    ///     unknown may be another's.
    ///   - createdBefore: younger pods may belong to a try that is about to be recorded.
    /// - Throws: ``KubernetesError``
    package func leftovers(
        createdBefore limit: Timestamp, isOver: (LaunchID, TaskInstanceKey) async throws -> Bool
    ) async throws -> [Leftover] {
        let selector = Selector(labels: PodNames.selector(installation: settings.installation))
        let pods = try await client.list(.pods, namespace: settings.namespace, selector: selector)
        var found: [Leftover] = []
        let pool = TextPool()
        for json in pods {
            guard let snapshot = PodSnapshot(json, pool: pool), let old = leftover(PodView(json: json), limit),
                try await isOver(snapshot.launch, snapshot.task)
            else { continue }
            found.append(old)
        }
        return found
    }

    private func leftover(_ pod: PodView, _ limit: Timestamp) -> Leftover? {
        guard let created = pod.creationTimestamp, created < limit else { return nil }
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
