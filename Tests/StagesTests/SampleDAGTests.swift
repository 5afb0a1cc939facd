import Testing

@testable import Stages

/// The DAGs of this repository call the stages with parameters that these have.
@Suite struct SampleDAGTests {
    private static let dags = FileIO.parent(of: FileIO.parent(of: FileIO.parent(of: #filePath))) + "/dags"

    private func expectDeclared(_ names: [String], by stage: any Stage) {
        for name in names {
            #expect(stage.parameters.contains { $0.declares(name) }, "\(stage.name) has no parameter \(name)")
        }
    }

    @Test func thePythonPipelineUsesDeclaredParameters() throws {
        for stage in StageRegistry.standard.stages {
            let text = try FileIO.readText("\(Self.dags)/cifar100_classification/stages/\(stage.name).py")
            let names = text.split(separator: "\n").compactMap { line -> String? in
                let line = line.drop { $0 == " " }
                guard line.hasPrefix("\""), let end = line.firstRange(of: "\":") else { return nil }
                return String(line[line.index(after: line.startIndex)..<end.lowerBound])
            }
            #expect(names.count >= 2)
            expectDeclared(names, by: stage)
        }
    }

    /// Both pipelines are the same one: whoever knows the parameters of one knows those of the other.
    @Test func bothPipelinesHaveTheSameParameters() throws {
        let python = try FileIO.readText(Self.dags + "/cifar100_classification/utils.py")
        let pythonNames = python.split(separator: "\n").compactMap { line -> Substring? in
            guard line.hasPrefix("    \""), let end = line.firstRange(of: "\": Param(") else { return nil }
            return line[line.index(line.startIndex, offsetBy: 5)..<end.lowerBound]
        }
        let yaml = try FileIO.readText(Self.dags + "/cifar10_classification/dag.yaml").split(separator: "\n")
        let start = try #require(yaml.firstIndex(of: "  params:"))
        let yamlNames = yaml[(start + 1)...].prefix { $0.hasPrefix("    ") }.compactMap { line -> Substring? in
            guard !line.hasPrefix("     "), let colon = line.firstIndex(of: ":") else { return nil }
            return line[line.index(line.startIndex, offsetBy: 4)..<colon]
        }
        #expect(pythonNames.count >= 15 && pythonNames == yamlNames)
    }

    /// Pods share no folder of a machine.
    @Test func theYAMLPipelineMountsAClaimAtItsWorkspace() throws {
        let text = try FileIO.readText(Self.dags + "/cifar10_classification/dag.yaml")
        let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
        #expect(lines.contains("volumes: [{name: workspace, persistentVolumeClaim: {claimName: pipeline-workspace}}]"))
        #expect(lines.contains(#"volume_mounts: [{name: workspace, mountPath: "{{ params.workspace }}"}]"#))
        #expect(lines.count { $0.hasPrefix("image: ") } == 1, "one line to change")
    }

    @Test func theYAMLPipelineUsesDeclaredParameters() throws {
        let text = try FileIO.readText(Self.dags + "/cifar10_classification/dag.yaml")
        var current: (any Stage)?
        var settings = 0
        for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) where line.hasPrefix("- ") {
            let item = line.dropFirst(2)
            if let stage = StageRegistry.standard.stages.first(where: { $0.name == item }) {
                current = stage
            } else if let stage = current, let equals = item.firstIndex(of: "=") {
                expectDeclared([String(item[..<equals])], by: stage)
                settings += 1
            }
        }
        #expect(settings > 15)
    }
}
