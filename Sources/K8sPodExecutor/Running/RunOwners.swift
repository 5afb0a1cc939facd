import Crypto
import KubernetesClient
import PipelineCore

/// One ConfigMap for each run that has pods: the owner of them, so that deleting it is the cluster's own clean-up. It is
/// there, and its uid known, before the first pod: a pod of an unknown owner is deleted at once.
actor RunOwners {
    private struct Place: Hashable {
        var run: RunKey
        var namespace: String
    }

    private let client: KubernetesAPI
    private let installation: String
    private var known: [Place: Task<PodOwner, any Error>] = [:]

    init(client: KubernetesAPI, installation: String) {
        self.client = client
        self.installation = installation
    }

    /// - Throws: ``KubernetesError``
    func owner(of run: RunKey, namespace: String) async throws -> PodOwner {
        let place = Place(run: run, namespace: namespace)
        if let task = known[place] { return try await task.value }
        let task = Task { try await make(place) }
        known[place] = task
        do {
            return try await task.value
        } catch {
            known[place] = nil
            throw error
        }
    }

    /// The run is over: its owner goes, and with it the pods that are left. An earlier process may have made it.
    /// - Parameter namespaces: where the run may have had pods.
    /// - Throws: ``KubernetesError`` of the first owner that could not be deleted; the others are.
    func release(_ run: RunKey, namespaces: Set<String>) async throws {
        var problem: KubernetesError?
        let made = known.keys.filter { $0.run == run }.map(\.namespace)
        for namespace in namespaces.union(made).sorted() {
            let place = Place(run: run, namespace: namespace)
            let owner = try? await known.removeValue(forKey: place)?.value
            do throws(KubernetesError) {
                try await delete(place, uid: owner?.uid)
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
    }

    /// - Parameter uid: where this process made the owner: one that was made after it stays.
    private func delete(_ place: Place, uid: String?) async throws(KubernetesError) {
        let options = KubernetesAPI.DeleteOptions(uid: uid, propagationPolicy: "Background")
        do throws(KubernetesError) {
            try await client.delete(.configMaps, name(place), namespace: place.namespace, options: options)
        } catch {
            guard error.kind == .notFound || uid != nil && error.kind == .conflict else { throw error }
        }
    }

    /// An owner that was deleted under us is made anew.
    func forget(_ run: RunKey, namespace: String) { known[Place(run: run, namespace: namespace)] = nil }

    private func make(_ place: Place) async throws -> PodOwner {
        let made = try await client.apply(.configMaps, object(place), name: name(place), namespace: place.namespace)
        return PodOwner(
            name: made["metadata"]?["name"]?.stringValue ?? "", uid: made["metadata"]?["uid"]?.stringValue ?? "")
    }

    private func name(_ place: Place) -> String {
        let text = "\(installation)\u{0}\(place.run.dagID)\u{0}\(place.run.runID)"
        let digest = SHA256.hash(data: Array(text.utf8)).prefix(8).map(\.hexadecimal)
        return "\(PodIdentity.slug(place.run.dagID))-run-\(digest.joined())"
    }

    private func object(_ place: Place) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name(place)),
                "namespace": .string(place.namespace),
                "labels": [
                    PodNames.managedBy: .string(PodNames.program),
                    PodNames.installation: .string(LabelValue.safe(installation)),
                ],
                "annotations": ["dag_id": .string(place.run.dagID), "run_id": .string(place.run.runID)],
            ],
        ]
    }
}
