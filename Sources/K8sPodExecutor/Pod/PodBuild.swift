import PipelineCore

/// How a pod is made. Held until it is there; its JSON is made when it is needed.
final class PodBuild: Sendable {
    private let make: @Sendable () throws -> PodRequest
    private let memory: String?
    /// Who waits for room with a higher one goes first.
    let priority: Int
    /// What is sent of a request: a token in it must be fresh.
    let sealed: @Sendable (PodRequest) -> PodRequest

    /// - Parameter memory: what the base container asks for instead, a quantity.
    init(
        _ make: @escaping @Sendable () throws -> PodRequest, memory: String?, priority: Int = 0,
        sealed: @escaping @Sendable (PodRequest) -> PodRequest = { $0 }
    ) {
        self.make = make
        self.memory = memory
        self.priority = priority
        self.sealed = sealed
    }

    /// - Throws: ``PodFailure`` `configuration`
    func request() throws -> PodRequest {
        do {
            let request = try make()
            return memory.map { request.asking(memory: $0) } ?? request
        } catch let error as PodBuildError {
            throw PodFailure(.configuration, "the pod cannot be built: \(error)")
        }
    }
}
