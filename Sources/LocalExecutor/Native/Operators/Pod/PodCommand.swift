import PipelineCore

/// The command of a container as a local process would run it.
/// Source: Kubernetes, "Define a Command and Arguments for a Container" and "Define Dependent Environment Variables".
struct PodCommand: Sendable {
    /// Program and arguments, with `$(NAME)` replaced.
    let words: [String]
    let environment: [String: String]

    /// - Throws: ``NativeFailure`` when the container does not run `pipeline`.
    init(_ container: PodContainer, pipelinePath: String) throws {
        var environment: [String: String] = [:]
        for variable in container.environment {
            environment[variable.name] = VariableReferences.expanded(variable.value, environment)
        }
        var words = try Self.words(of: container).map { VariableReferences.expanded($0, environment) }
        words[0] = pipelinePath
        self.words = words
        self.environment = environment
    }

    /// The program must be `pipeline`, by its name or a path that ends in it. A container without a command runs its
    /// image's entry point, which is known only of the image `pipeline`.
    private static func words(of container: PodContainer) throws -> [String] {
        guard let program = container.command.first else {
            guard repositoryName(container.image) == "pipeline" else {
                throw PodContainer.needsCluster("its image \(container.image) runs its own entry point")
            }
            return ["pipeline"] + container.arguments
        }
        guard program == "pipeline" || program.hasSuffix("/pipeline") else {
            throw PodContainer.needsCluster("its image \(container.image) runs \(program)")
        }
        return container.command + container.arguments
    }

    /// `pipeline` of `registry.example/team/pipeline:1.2@sha256:...`.
    private static func repositoryName(_ image: String) -> Substring {
        let repository = image.split(separator: "@", omittingEmptySubsequences: false).first ?? ""
        let last = repository.split(separator: "/").last ?? ""
        return last.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
    }
}
