import Testing

@testable import PythonHost

/// What the Python process is told of Airflow.
@Suite struct HostEnvironmentTests {
    private func environment(_ given: [String: String]) -> [String: String] {
        PythonConfiguration(python: "python3", cacheDirectory: "/c", environment: given, maximumReads: 1).hostEnvironment
    }

    @Test func anAirflowHomeOfOursStandsInForOneThatIsNotSet() {
        #expect(environment([:])["AIRFLOW_HOME"] == "/c/airflow-home")
        #expect(environment(["AIRFLOW_HOME": "/mine"])["AIRFLOW_HOME"] == "/mine")
    }

    @Test func settingsOfTheUserWinButForTheDatabase() {
        let all = environment([
            "AIRFLOW__CORE__LOAD_EXAMPLES": "True", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://real",
        ])
        #expect(all["AIRFLOW__CORE__LOAD_EXAMPLES"] == "True")
        #expect(all["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite:////dev/null/no-database")
    }
}
