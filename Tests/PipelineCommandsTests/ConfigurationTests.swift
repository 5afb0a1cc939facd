import Testing

@testable import PipelineCommands

@Suite struct ConfigurationTests {
    @Test func aFlagWinsOverTheEnvironmentAndThatOverAirflows() throws {
        let environment = [
            "HOME": "/nonexistent", "PIPELINE_PARALLELISM": "5", "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__CORE__DAGS_FOLDER": "/x",
        ]
        let plain = try Configuration(environment: environment, workingDirectory: "/w")
        #expect(plain.number(.parallelism) == 5)
        #expect(plain[.dagsFolder] == "/x")
        let flagged = try Configuration(
            flags: [.parallelism: "7", .dagsFolder: "rel"], environment: environment, workingDirectory: "/w")
        #expect(flagged.number(.parallelism) == 7)
        #expect(flagged[.dagsFolder] == "/w/rel")
    }

    @Test(arguments: ["0", "many", "-1", "1.5"])
    func aNumberOutOfRangeNamesItsSource(_ text: String) {
        let error = #expect(throws: UsageError.self) {
            try Configuration(
                environment: ["HOME": "/nonexistent", "PIPELINE_PARALLELISM": text], workingDirectory: "/w")
        }
        #expect(error?.description.contains("PIPELINE_PARALLELISM") == true)
    }

    @Test func passwordsAreNotShown() {
        #expect(Redaction.url("postgresql://u:p@h/db") == "postgresql://u:***@h/db")
        #expect(Redaction.url("sqlite:///a") == "sqlite:///a")
    }
}
