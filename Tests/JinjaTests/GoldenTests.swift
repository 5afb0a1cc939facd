import Foundation
import Testing

@testable import Jinja

/// What Airflow's own environment made of a template (scripts/make-jinja-golden.py), against what we make of it.
struct GoldenTests {
    /// The share of templates that render in Airflow and that we may leave to Python.
    static let allowedUnsupportedShare = 0.05

    /// Templates that must go to Python: random, by the clock, by the tz database, statements left out on purpose,
    /// and native results that are no JSON (sets, bytes, complex numbers) or that only look like literals.
    static let uncovered = "left to python"

    struct Case {
        let group: String
        let template: String
        let expected: Outcome
    }

    enum Outcome: Equatable {
        case text(String)
        case error(String, String)
        case unsupported(String)
        /// Airflow's text holds an address.
        case unstable
    }

    static func load() throws -> (data: String, cases: [Case]) {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/jinja/golden.json")
        let text = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        guard case .dict(let root) = try PythonJSON.load(text), case .list(let items)? = root.get(text: "cases"),
            let data = root.get(text: "data")
        else { throw CocoaError(.fileReadCorruptFile) }
        return (try PythonJSON.dump(data, .init()), try items.items.map(read))
    }

    private static func read(_ value: JinjaValue) throws -> Case {
        guard case .dict(let fields) = value else { throw CocoaError(.fileReadCorruptFile) }
        func field(_ name: String) -> String? { fields.get(text: name)?.text }
        let expected: Outcome
        if case .dict(let native)? = fields.get(text: "native") {
            expected = .text(native.get(text: "repr")?.text ?? "")
        } else if let text = field("text") {
            expected = .text(text)
        } else if let error = field("error") {
            expected = .error(error, field("message") ?? "")
        } else {
            expected = .unstable
        }
        return Case(group: field("group") ?? "", template: field("template") ?? "", expected: expected)
    }

    private func outcome(_ item: Case, data: String) throws -> Outcome {
        guard case .dict(let values) = try PythonJSON.load(data) else { throw CocoaError(.fileReadCorruptFile) }
        do {
            let context = try GoldenContext(data: values).make()
            let template = try Template(item.template)
            guard item.group.hasPrefix("native") else { return .text(try template.render(context)) }
            return .text(try template.renderNative(context).repr())
        } catch JinjaError.unsupported(let feature, _) {
            return .unsupported(feature)
        } catch JinjaError.template(let exception, let message, _) {
            return .error(exception, message)
        }
    }

    @Test func everyTemplateGivesAirflowsResultOrIsLeftToPython() throws {
        let (data, cases) = try Self.load()
        try #require(cases.count > 550)
        var unsupported = 0
        var rendered = 0
        for item in cases {
            let actual = try outcome(item, data: data)
            if case .text = item.expected { rendered += 1 }
            checkAnalysis(item, actual)
            if item.group.hasSuffix(Self.uncovered) {
                #expect(isUnsupported(actual), "\(item.template)")
                continue
            }
            if case .unsupported(let feature) = actual {
                if case .text = item.expected {
                    unsupported += 1
                    if ProcessInfo.processInfo.environment["JINJA_LIST_UNSUPPORTED"] != nil {
                        print("unsupported: \(item.template.prefix(100)) -- \(feature)")
                    }
                }
                continue
            }
            #expect(actual == item.expected, "\(item.group): \(item.template)")
        }
        #expect(Double(unsupported) <= Self.allowedUnsupportedShare * Double(rendered), "\(unsupported) of \(rendered)")
    }

    private func isUnsupported(_ outcome: Outcome) -> Bool {
        if case .unsupported = outcome { return true }
        return false
    }

    /// The check before a run must never refuse what would render, apart from names it cannot know.
    private func checkAnalysis(_ item: Case, _ actual: Outcome) {
        guard case .text = actual else { return }
        let reason = Template.unsupportedReason(item.template, knownNames: GoldenContext.names)
        let isAboutAName = reason?.hasPrefix("name ") ?? true
        #expect(isAboutAName, "\(item.template): \(reason ?? "")")
    }
}
