import ArgumentParser
import PipelineCore

struct Fsck: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Check that the store holds nothing impossible; names the rows.",
        discussion: "May run beside a scheduler. Exit code 0: nothing was found; 1: something was.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: TextOutputOptions
    @Flag(help: "Also runs that have ended.") var all = false

    func execute(_ workspace: Workspace) async throws {
        let findings = try await StoreAudit(store: workspace.store, clock: ContinuousClock()).run(isFull: all)
        let rows = findings.map { finding -> JSONObject in
            ["rule": .string(finding.rule), "row": .string(finding.row), "text": .string(finding.text)]
        }
        let text = findings.map { "\($0.row) \($0.text) [\($0.rule)]" }.joined(separator: "\n")
        output.print(
            Table(columns: ["rule", "row", "text"], rows: rows), orText: findings.isEmpty ? "Nothing was found." : text)
        if !findings.isEmpty { throw ExitCode(1) }
    }
}
