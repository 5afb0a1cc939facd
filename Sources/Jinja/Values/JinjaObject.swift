/// A Python object that lives in Swift: `ti`, `dag_run`, `var`, `conn`, `macros`, a function.
///
/// Every hook has a default that says "Python would know, we don't" by throwing `unsupported`, so a caller that models
/// a part of an Airflow object never gives a wrong answer for the rest. A hook answers nil only where the real object
/// certainly has no such attribute or element.
package protocol JinjaObject: AnyObject {
    /// As Jinja's `object_type_repr` prints it, for instance `dict object` or `airflow.models.Foo object`.
    var typeName: String { get }
    /// `object.name`; nil when the real object has no such attribute (Jinja then tries `object["name"]`).
    func attribute(_ name: String) throws -> JinjaValue?
    /// `object[key]`; nil when the real object has no such element (Jinja then tries the attribute).
    func item(_ key: JinjaValue) throws -> JinjaValue?
    /// `object(...)`.
    func call(_ arguments: JinjaArguments) throws -> JinjaValue
    /// `str(object)`.
    func string() throws -> String
    /// `repr(object)`, used inside of containers.
    func repr() throws -> String
    /// The elements, or nil when the object is certainly not iterable.
    func elements() throws -> [JinjaValue]?
    /// `bool(object)`.
    func truth() throws -> Bool
    /// Sets an attribute by `{% set object.name = value %}`; only Jinja's own `namespace` allows that.
    func assign(_ name: String, _ value: JinjaValue) throws
    /// Whether the value can be called, for `is callable`.
    var isCallable: Bool { get }
}

extension JinjaObject {
    package func attribute(_ name: String) throws -> JinjaValue? { throw unsupported("attribute \(name) of \(typeName)") }
    package func item(_ key: JinjaValue) throws -> JinjaValue? { nil }
    package func call(_ arguments: JinjaArguments) throws -> JinjaValue { throw unsupported("call of \(typeName)") }
    package func string() throws -> String { throw unsupported("text of \(typeName)") }
    package func repr() throws -> String { throw unsupported("repr of \(typeName)") }
    package func elements() throws -> [JinjaValue]? { throw unsupported("iteration over \(typeName)") }
    package func truth() throws -> Bool { true }
    package func assign(_ name: String, _ value: JinjaValue) throws {
        throw pythonError("TemplateRuntimeError", "cannot assign attribute on non-namespace object")
    }
    package var isCallable: Bool { false }
}

/// A function written in Swift.
package final class JinjaFunction: JinjaObject {
    let name: String
    private let body: (JinjaArguments) throws -> JinjaValue

    /// - Parameters:
    ///   - name: used in messages only.
    ///   - body: gets the arguments of the call; throw `unsupported` for those it does not know.
    package init(_ name: String, _ body: @escaping (JinjaArguments) throws -> JinjaValue) {
        self.name = name
        self.body = body
    }

    package var typeName: String { "function object" }
    package var isCallable: Bool { true }
    package func call(_ arguments: JinjaArguments) throws -> JinjaValue { try body(arguments) }
}

/// An object with a fixed set of attributes, such as a `Connection` or a `DagRun`.
package final class JinjaRecord: JinjaObject {
    package let typeName: String
    private let attributes: [String: JinjaValue]
    private let text: String?
    private let representation: String?

    /// - Parameters:
    ///   - typeName: what Jinja prints for the type.
    ///   - attributes: the modelled attributes; asking for another one is unsupported, never "undefined".
    ///   - text: `str(object)` when it is known.
    ///   - representation: `repr(object)` when it is known and differs from `text`.
    package init(
        typeName: String, attributes: [String: JinjaValue], text: String? = nil, representation: String? = nil
    ) {
        self.typeName = typeName
        self.attributes = attributes
        self.text = text
        self.representation = representation
    }

    package func attribute(_ name: String) throws -> JinjaValue? {
        guard let value = attributes[name] else { throw unsupported("attribute \(name) of \(typeName)") }
        return value
    }

    package func string() throws -> String {
        guard let text else { throw unsupported("text of \(typeName)") }
        return text
    }

    package func repr() throws -> String {
        guard let shown = representation ?? text else { throw unsupported("repr of \(typeName)") }
        return shown
    }
}

/// An object whose attributes are looked up when a template asks, such as `var.value` and `conn`.
package final class JinjaLookup: JinjaObject {
    package let typeName: String
    private let text: String?
    private let find: (String) throws -> JinjaValue?

    /// - Parameters:
    ///   - typeName: what Jinja prints for the type.
    ///   - text: `str(object)` when it is known.
    ///   - find: the attribute's value; nil when Python would raise `AttributeError`.
    package init(typeName: String, text: String? = nil, find: @escaping (String) throws -> JinjaValue?) {
        self.typeName = typeName
        self.text = text
        self.find = find
    }

    package func attribute(_ name: String) throws -> JinjaValue? { try find(name) }
    package func string() throws -> String {
        guard let text else { throw unsupported("text of \(typeName)") }
        return text
    }
    package func repr() throws -> String { try string() }
}
