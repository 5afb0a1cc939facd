import PipelineCore

/// What a pod is made of. Held until it is there; its JSON is made when it is needed.
final class PodBuild: Sendable {
    private let builder: PodBuilder
    private let launch: TaskLaunch
    private let attributes: JSONObject
    private let attempt: Int
    private let memory: String?

    /// - Parameter memory: what the base container asks for instead, a quantity.
    init(_ builder: PodBuilder, _ launch: TaskLaunch, _ attributes: JSONObject, attempt: Int, memory: String?) {
        self.builder = builder
        self.launch = launch
        self.attributes = attributes
        self.attempt = attempt
        self.memory = memory
    }

    var priority: Int { launch.instance.priorityWeight }

    /// - Throws: ``PodFailure`` `configuration`
    func request() throws -> PodRequest {
        do {
            let request = try builder.build(launch, attributes: attributes, attempt: attempt)
            return memory.map { request.asking(memory: $0) } ?? request
        } catch let error as PodBuildError {
            throw PodFailure(.configuration, "the pod cannot be built: \(error)")
        }
    }
}
