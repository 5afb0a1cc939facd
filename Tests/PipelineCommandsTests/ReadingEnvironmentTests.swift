import Testing

@testable import PipelineCommands

struct ReadingEnvironmentTests {
    @Test func onlyWhatFilesLookAtCounts() {
        let bare = ReadingEnvironment(["PATH": "/bin", "PIPELINE_HOME": "/h", "PIPELINE_EXECUTOR": "kubernetes"]).suffix
        #expect(bare.isEmpty)
        let image = ReadingEnvironment(["PIPELINE_IMAGE": "a:1", "PATH": "/bin"]).suffix
        #expect(image == ReadingEnvironment(["PIPELINE_IMAGE": "a:1", "PATH": "/other"]).suffix)
        #expect(image != ReadingEnvironment(["PIPELINE_IMAGE": "a:2"]).suffix)
        #expect(ReadingEnvironment(["AIRFLOW_VAR_X": "1"]).suffix != ReadingEnvironment(["AIRFLOW_VAR_X": "2"]).suffix)
    }
}
