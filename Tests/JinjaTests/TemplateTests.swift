import Testing

@testable import Jinja

struct TemplateTests {
    private static var context: [String: JinjaValue] {
        ["ds": .string("2024-02-28"), "n": .int(5), "names": .list([.string("a"), .string("b")])]
    }

    @Test(arguments: [
        ("plain", "plain"),
        ("{{ ds }}", "2024-02-28"),
        ("a{{ n // 2 }}b", "a2b"),
        ("{% for x in names %}{{ loop.index }}{{ x }}{% endfor %}", "1a2b"),
        ("{{ names }} {{ none }} {{ 1e16 }}", "['a', 'b'] None 1e+16"),
    ])
    func rendersText(source: String, expected: String) throws {
        #expect(try Template(source).render(JinjaContext(Self.context)) == expected)
    }

    @Test func rendersTwiceWithoutMemory() throws {
        let template = try Template("{% set x = namespace(n=n) %}{% set x.n = x.n + 1 %}{{ x.n }}")
        let texts = try (0..<2).map { _ in try template.render(JinjaContext(Self.context)) }
        #expect(texts == ["6", "6"])
    }

    @Test func errorsCarryTheLine() throws {
        let undefined = JinjaError.template(exception: "UndefinedError", message: "'foo' is undefined", line: 2)
        #expect(throws: undefined) { try Template("a\n{{ foo }}").render(JinjaContext([:])) }
        #expect(throws: JinjaError.unsupported(feature: "{% macro %}", line: 3)) {
            try Template("a\n\n{% macro m() %}{% endmacro %}")
        }
        #expect(throws: JinjaError.unsupported(feature: "filter mine", line: 1)) {
            try Template("{{ 1 | mine }}").render(JinjaContext([:]))
        }
    }

    @Test(arguments: [
        ("{{ ds | ds_nodash }} {{ n + 1 }}", nil),
        ("{{ ds | mine }}", "filter mine, line 1"),
        ("\n{{ n is mine }}", "test mine, line 2"),
        ("{{ other }}", "name other, line 1"),
        ("{{ macros.random() }}", "macros.random, line 1"),
        ("{{ macros.ds_add(ds, 1) }}", nil),
        ("{% for x in names %}{{ x }}{{ loop.index }}{% endfor %}", nil),
        ("{% for x in names %}{% endfor %}{{ x }}", "name x, line 1"),
        ("{% set y = 1 %}{{ y }}", nil),
        ("{% include 'x' %}", "{% include %}, line 1"),
    ])
    func analysisNamesTheFirstReason(source: String, expected: String?) {
        #expect(Template.unsupportedReason(source, knownNames: ["ds", "n", "names", "macros"]) == expected)
    }

    @Test(arguments: [("echo hi", true), ("{{ x }}", false), ("{% if %}", false), ("{# c #}", false), ("{ }", true), ("a\n", false)])
    func knowsPlainText(source: String, isPlain: Bool) {
        #expect(Template.isPlain(source) == isPlain)
    }

    @Test func hooksMayThrowTheirOwnErrors() throws {
        struct Refused: Error {}
        let lookup = JinjaLookup(typeName: "var object") { _ in throw Refused() }
        #expect(throws: Refused.self) {
            try Template("{{ var.value }}").render(JinjaContext(["var": .object(lookup)]))
        }
    }

    @Test func lazyNamesAreAskedForOnUse() throws {
        var asked: [String] = []
        let context = JinjaContext([:]) { name in
            asked.append(name)
            return name == "late" ? .int(7) : nil
        }
        #expect(try Template("{{ late }}{{ gone | default('-') }}").render(context) == "7-")
        #expect(asked == ["late", "gone"])
    }

    @Test func unmodelledAttributesGoToPython() throws {
        let record = JinjaRecord(typeName: "TaskInstance object", attributes: ["task_id": .string("a")])
        let context = JinjaContext(["ti": .object(record)])
        #expect(try Template("{{ ti.task_id }}").render(context) == "a")
        #expect(throws: JinjaError.unsupported(feature: "attribute hostname of TaskInstance object", line: 1)) {
            try Template("{{ ti.hostname | default('x') }}").render(context)
        }
    }

    @Test func endlessTemplatesStop() throws {
        let nested = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}"
        let evaluator = Evaluator(context: JinjaContext([:]), limits: .init(steps: 10_000))
        let statements = try Template(nested).statements
        #expect(throws: JinjaError.unsupported(feature: "template of more than 10000 steps", line: 1)) {
            try evaluator.run(statements)
        }
    }

    @Test func deepNestingIsRefused() {
        let source = "{{ " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000) + " }}"
        #expect(throws: JinjaError.unsupported(feature: "deeply nested expression", line: 1)) { try Template(source) }
    }
}
