import Testing

@testable import PipelineCommands

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("cifar100_clasification", "cifar100_classification"), ("tow", "two"), ("helo_dag", "hello_dag"),
    ])
    func findsTheNearest(_ typed: String, _ meant: String) {
        #expect(Suggestion.nearest(to: typed, among: ["two", "hello_dag", "cifar100_classification"]) == meant)
    }

    @Test func saysNothingWhenNothingIsNear() {
        #expect(Suggestion.nearest(to: "zzzzzz", among: ["two", "hello_dag"]) == nil)
        #expect(Suggestion.nearest(to: "x", among: []) == nil)
    }
}
