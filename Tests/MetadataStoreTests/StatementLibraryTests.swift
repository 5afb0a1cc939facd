import PipelineCore
import Testing

@testable import MetadataStore

@Suite struct StatementLibraryTests {
    @Test func bothDialectsHaveTheSameStatements() {
        let (sqlite, postgres) = (
            StatementLibrary(files: sqliteStatementFiles), StatementLibrary(files: postgresStatementFiles)
        )
        #expect(sqlite.statements.keys.sorted() == postgres.statements.keys.sorted())
        #expect(sqlite.statements.count > 80)
    }

    @Test func bothDialectsHaveTheSameMigrations() {
        #expect(sqliteMigrations.map(\.name) == postgresMigrations.map(\.name))
        #expect(sqliteMigrations.map(\.number) == Array(1...sqliteMigrations.count))
        #expect(postgresMigrations.map(\.number) == Array(1...postgresMigrations.count))
    }

    @Test func statementsIncludeEachOther() {
        let file = Array("-- comment\n-- name: A\na, b\n\n-- name: B :batch\nSELECT {A}\nFROM t;\n".utf8)
        let library = StatementLibrary(files: [file])
        #expect(library["B"] == SQLStatement(name: "B", text: "SELECT a, b\nFROM t", isBatch: true))
    }

    @Test func aStatementMayBeginWithAnother() {
        let library = StatementLibrary(files: [Array("-- name: A\nSELECT 1\n-- name: B\n{A} FOR UPDATE;\n".utf8)])
        #expect(library["B"].text == "SELECT 1 FOR UPDATE")
    }

    @Test func everyIncludedStatementIsPutIn() {
        for files in [sqliteStatementFiles, postgresStatementFiles] {
            for statement in StatementLibrary(files: files).statements.values {
                let rest = statement.text.replacing("{conditions}", with: "")
                #expect(!rest.contains("{"), "\(statement.name): \(rest)")
            }
        }
    }

    @Test func conditionsAreJoined() {
        let file = Array("-- name: S\nSELECT 1 WHERE {conditions}\n-- name: c\nc = ?\n-- name: d\nd = ?\n".utf8)
        let library = StatementLibrary(files: [file])
        #expect(library.compose("S", []).text == "SELECT 1 WHERE TRUE")
        #expect(library.compose("S", ["c", "d"]).text == "SELECT 1 WHERE c = ? AND d = ?")
        #expect(library.compose("S", ["c"]).name == "S+c")
    }

    @Test(arguments: [
        ("a = ? AND b = ?", "a = $1 AND b = $2"), ("?1, ?2, ?1", "$1, $2, $1"), ("?::bigint[]", "$1::bigint[]"),
        ("", ""),
    ])
    func parametersAreNumbered(_ text: String, _ numbered: String) { #expect(numberedParameters(text) == numbered) }
}

@Suite struct CommitPlanTests {
    private let library = StatementLibrary(files: sqliteStatementFiles)

    private func names(_ changes: [StoreChange]) -> [String] {
        CommitPlan(changes, epoch: 1, library: library).operations.map { "\($0.statement.name) \($0.rows.count)" }
    }

    @Test func retriesOfManyTasksShareStatements() {
        let changes = (1...3).flatMap { number -> [StoreChange] in
            let (old, new) = (task(number), renewed(task(number), 100 + number))
            return [.archiveTask(old), .deleteXComs(old.key), .saveTask(new), .saveRun(run(1))]
        }
        #expect(
            names(changes) == [
                "VerifyEpoch 1", "SaveRun 1", "ArchiveTask 3", "RemoveTask 3", "DeleteXComs 3", "DisplaceTask 3",
                "SaveTask 3",
            ])
    }

    @Test func anArchiveAfterASaveOfTheSameTryComesAfterIt() {
        #expect(
            names([.saveTask(task(1)), .archiveTask(task(1))]) == [
                "VerifyEpoch 1", "DisplaceTask 1", "SaveTask 1", "ArchiveTask 1", "RemoveTask 1",
            ])
    }

    @Test func twoTriesOfOneKeyAreSavedOneAfterTheOther() {
        #expect(
            names([.saveTask(task(1)), .saveTask(renewed(task(1), 9))]) == [
                "VerifyEpoch 1", "DisplaceTask 1", "SaveTask 1", "DisplaceTask 1", "SaveTask 1",
            ])
    }

    private func renewed(_ task: TaskInstance, _ number: Int) -> TaskInstance {
        var other = task
        other.id = UUID7(high: task.id.high, low: UInt64(number))
        return other
    }
}
