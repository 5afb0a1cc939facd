import K8sPodExecutor
import PipelineCore
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

    private func configuration(_ environment: [String: String]) throws -> Configuration {
        try Configuration(environment: environment.merging(["HOME": "/nonexistent"]) { $1 }, workingDirectory: "/w")
    }

    @Test func airflowsImageAndTagAreOneSetting() throws {
        let names = Setting.airflowWorkerImage
        let both = try configuration([names.repository: "registry/airflow", names.tag: "3.3.2"])
        #expect(both[.workerImage] == "registry/airflow:3.3.2")
        #expect(try configuration([names.repository: "registry/airflow"])[.workerImage] == "")
        let own = try configuration([names.repository: "a", names.tag: "b", "PIPELINE_WORKER_IMAGE": "mine:1"])
        #expect(own[.workerImage] == "mine:1")
    }

    @Test(
        arguments: [
            ("PIPELINE_EXECUTION_API_URL", "pipeline:8080"), ("PIPELINE_DAG_BUNDLES", "dags-folder"),
            ("PIPELINE_DAG_BUNDLES", "[{\"classpath\": \"x\"}]"), ("PIPELINE_DAG_BUNDLES", "[{\"name\": \"other\"}]"),
        ])
    func aWrongSettingOfWorkersNamesItsSource(_ name: String, _ text: String) throws {
        let configuration = try configuration([name: text])
        let error = #expect(throws: UsageError.self) { try WorkerOptions(configuration).settings() }
        #expect(error?.description.contains(name) == true, "\(String(describing: error))")
    }

    @Test func settingsOfWorkersAreTakenOver() throws {
        let bundles = "[{\"name\": \"dags-folder\", \"classpath\": \"x\"}]"
        let settings = try WorkerOptions(
            try configuration([
                "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://p/execution/", "PIPELINE_DAG_BUNDLES": bundles,
            ])
        ).settings()
        #expect(settings.executionAPI == "http://p/execution/" && settings.bundles == bundles && settings.image == nil)
    }

    @Test func theSidecarIsThatOfTheSettings() throws {
        let plain = try SidecarOptions(try configuration([:])).sidecar()
        #expect(!plain.isDefault && plain.image.hasPrefix("alpine:"))
        let own = try SidecarOptions(
            try configuration([
                "PIPELINE_XCOM": "sidecar", "PIPELINE_XCOM_SIDECAR_CONTAINER_IMAGE": "mirror/alpine:3",
                "PIPELINE_XCOM_SIDECAR_CONTAINER_RESOURCES": "{\"limits\": {\"cpu\": \"10m\"}}",
            ])
        ).sidecar()
        #expect(own.isDefault && own.image == "mirror/alpine:3" && own.resources == ["limits": ["cpu": "10m"]])
        let wrong = try configuration(["PIPELINE_XCOM_SIDECAR_CONTAINER_RESOURCES": "10m"])
        #expect(throws: UsageError.self) { try SidecarOptions(wrong).sidecar() }
    }

    @Test func aShortSecretForTokensIsRefused() throws {
        let short = try configuration(["PIPELINE_JWT_SECRET": "short"])
        let error = #expect(throws: UsageError.self) { try TokenSecret.signer(short) }
        #expect(error?.description.contains("PIPELINE_JWT_SECRET") == true)
    }

    @Test func passwordsAreNotShown() {
        #expect(Redaction.url("postgresql://u:p@h/db") == "postgresql://u:***@h/db")
        #expect(Redaction.url("sqlite:///a") == "sqlite:///a")
    }
}
