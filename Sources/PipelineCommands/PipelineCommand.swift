import ArgumentParser
import PipelineCore

/// A command whose errors become one line on standard error and an exit code: 64 for a wrong call or configuration,
/// 1 for everything else that went wrong.
protocol PipelineCommand: AsyncParsableCommand {
    func execute() async throws
}

extension PipelineCommand {
    mutating func run() async throws {
        do {
            try await execute()
        } catch let code as ExitCode {
            throw code
        } catch let error as UsageError {
            Terminal.note("Error: \(error)")
            throw ExitCode(64)
        } catch {
            Terminal.note("Error: \(error)")
            throw ExitCode(1)
        }
    }
}

/// A command over an open store.
protocol StoreCommand: PipelineCommand {
    var global: GlobalOptions { get }
    /// Settings that flags of the command itself give.
    var ownFlags: [Setting: String] { get }
    func execute(_ workspace: Workspace) async throws
}

extension StoreCommand {
    var ownFlags: [Setting: String] { [:] }

    func execute() async throws {
        let workspace = try await Workspace.open(try global.configuration(ownFlags))
        do {
            try await execute(workspace)
        } catch {
            await workspace.close()
            throw error
        }
        await workspace.close()
    }
}

/// `-o`.
struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Output format.")
    var output: OutputFormat = .table

    func print(_ table: Table) { Terminal.print(table.rendered(output)) }
}

/// `-o` of a command that prints text of its own unless a format is asked for.
struct TextOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Output format; without it, plain text.")
    var output: OutputFormat?

    /// One row, or a sentence.
    func print(_ row: JSONObject, orText text: @autoclosure () -> String) {
        print(Table(columns: row.keys, rows: [row]), orText: text())
    }

    func print(_ table: @autoclosure () throws -> Table, orText text: @autoclosure () throws -> String) rethrows {
        if let output { try Terminal.print(table().rendered(output)) } else { try Terminal.print(text()) }
    }
}
