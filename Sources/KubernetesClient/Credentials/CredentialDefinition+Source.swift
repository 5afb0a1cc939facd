package import ChildProcesses
package import PipelineCore

extension CredentialDefinition {
    /// The source that hands these credentials out.
    package func source(
        clock: any Clock<Duration>, wallClock: any WallClock, runner: any CommandRunner
    ) -> any CredentialSource {
        switch self {
        case .none: FixedCredential(nil)
        case .token(let token): FixedCredential("Bearer \(token)")
        case .tokenFile(let path): TokenFileCredential(path: path, clock: clock)
        case .basic(let user, let password):
            FixedCredential("Basic " + Base64.encode(Array("\(user):\(password)".utf8)))
        case .exec(let plugin): ExecCredential(plugin: plugin, runner: runner, wallClock: wallClock)
        }
    }
}
