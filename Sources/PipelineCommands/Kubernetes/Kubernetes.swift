import ArgumentParser

struct Kubernetes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubernetes", abstract: "Look at pods: what would be sent, what is left.",
        subcommands: [KubernetesRender.self, KubernetesCleanupPods.self])
}
