import PipelineCore
import Testing

@testable import K8sPodExecutor

struct PodIdentityTests {
    private func identity(_ change: (inout PodIdentity) -> Void = { _ in }) -> PodIdentity {
        let launch = PodHarness.launch("train_model", dagID: "cifar100_classification")
        var identity = PodIdentity(installation: "i", instance: launch.instance, launch: launch.id)
        change(&identity)
        return identity
    }

    @Test func aNameCanBeReadAndIsAlwaysTheSame() {
        let name = identity().podName()
        #expect(name.hasPrefix("cifar100-classification-train-model-"))
        #expect(name == identity().podName())
        #expect(name.utf8.count <= 61)
    }

    @Test func whateverTellsTwoPodsApartTellsTheirNamesApart() {
        let names = [
            identity(), identity { $0.installation = "j" }, identity { $0.tryNumber = 2 }, identity { $0.attempt = 2 },
            identity { $0.launch.number = 2 }, identity { $0.key.mapIndex = 0 }, identity { $0.key.taskID = "train-model" },
            identity { $0.key.run.runID = "other" }, identity { $0.launch.tryID = UUID7(high: 0, low: 0) },
            // A digit may not move from one member to the next.
            identity { ($0.tryNumber, $0.attempt) = (11, 1) }, identity { ($0.tryNumber, $0.attempt) = (1, 11) },
        ].map { $0.podName() }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: ["Ünïcode Näme", "___", "a..b", "-x-", "9", String(repeating: "long", count: 40), "日本語"])
    func anyTextMakesAName(_ prefix: String) throws {
        let name = identity().podName(prefix: prefix)
        #expect(try /[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/.wholeMatch(in: name) != nil, "\(name)")
        #expect(!name.contains("--"))
    }
}
