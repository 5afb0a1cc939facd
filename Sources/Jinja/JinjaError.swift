/// Why a template gave no text.
///
/// The two cases ask for different reactions. `unsupported` says nothing about the template: it may be perfectly
/// valid, but this renderer would not be certain to give Airflow's text, so the caller renders it with Python instead.
/// `template` is an error that Jinja itself raises; the task fails with the same exception and message.
package enum JinjaError: Error, Equatable, CustomStringConvertible {
    /// Something outside of what this module covers; `feature` is a short phrase for a log line. `line` counts from 1,
    /// or is 0 while the place is not known yet.
    case unsupported(feature: String, line: Int)
    /// The exception that Python would raise: its class name (`UndefinedError`, `TypeError`), text and template line.
    case template(exception: String, message: String, line: Int)

    package var description: String {
        switch self {
        case .unsupported(let feature, let line):
            "template line \(line): not rendered natively: \(feature)"
        case .template(let exception, let message, let line):
            "template line \(line): \(exception): \(message)"
        }
    }

    /// The same error with a line, when it has none yet. Leaves do not know lines; the evaluator adds them.
    func located(at line: Int) -> JinjaError {
        switch self {
        case .unsupported(let feature, 0): .unsupported(feature: feature, line: line)
        case .template(let exception, let message, 0): .template(exception: exception, message: message, line: line)
        default: self
        }
    }
}

/// An `unsupported` error whose line the evaluator fills in. Hooks of the caller throw it for what they leave to Python.
package func unsupported(_ feature: String) -> JinjaError {
    .unsupported(feature: feature, line: 0)
}

/// A Python exception whose line the evaluator fills in.
package func pythonError(_ exception: String, _ message: String) -> JinjaError {
    .template(exception: exception, message: message, line: 0)
}
