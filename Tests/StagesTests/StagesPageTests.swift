import Glibc
import PipelineCore
import Testing

@testable import Stages

/// docs/stages.md holds the parameters as the stages declare them. PIPELINE_UPDATE_DOCS=1 writes the tables anew.
@Suite struct StagesPageTests {
    private static let path =
        FileIO.parent(of: FileIO.parent(of: FileIO.parent(of: #filePath))) + "/docs/stages.md"

    private func table(_ stage: any Stage) -> String {
        var lines = ["| parameter | allowed | default | meaning |", "|---|---|---|---|"]
        for parameter in stage.parameters {
            let value = parameter.defaultValue ?? "(required)"
            let shown = value.isNull ? "-" : "`\(value.stringValue ?? value.serialized())`"
            let cells = ["`\(parameter.displayName)`", parameter.allowed, shown, parameter.help]
            lines.append("| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }

    @Test(.serialized, arguments: StageRegistry.standard.stages.map(\.name))
    func thePageHasEveryParameter(_ name: String) throws {
        let stage = try StageRegistry.standard.stage(named: name)
        let (begin, end) = ("<!-- \(name): begin -->\n", "\n<!-- \(name): end -->")
        let page = try FileIO.readText(Self.path)
        let start = try #require(page.firstRange(of: begin)?.upperBound)
        let stop = try #require(page.firstRange(of: end)?.lowerBound)
        if getenv("PIPELINE_UPDATE_DOCS") != nil {
            try FileIO.writeAtomically(String(page[..<start]) + table(stage) + page[stop...], to: Self.path)
            return
        }
        #expect(
            String(page[start..<stop]) == table(stage), "PIPELINE_UPDATE_DOCS=1 swift test --filter StagesPageTests")
    }
}
