import Synchronization

/// What a program prints, line by line, in a task's log, in the words of Airflow's subprocess hook. Remembers the last
/// line, which is a Bash task's result.
final class SubprocessLog: Sendable {
    static let logger = "airflow.task.hooks.airflow.providers.standard.hooks.subprocess.SubprocessHook"

    private let log: TaskLog
    private let lastLine = LastLine()
    private let splitter: LineSplitter

    init(_ log: TaskLog) {
        self.log = log
        splitter = LineSplitter(maximumLength: TaskLog.maximumEventBytes) { [lastLine] bytes in
            let text = PythonText.rightStripped(String(decoding: bytes, as: UTF8.self))
            lastLine.set(text)
            log.write(text, logger: Self.logger)
        }
    }

    func begin(_ shell: String, _ command: String) {
        log.write("Running command: ['\(shell)', '-c', \(PythonText.repr(command))]", logger: Self.logger)
        log.write("Output:", logger: Self.logger)
    }

    func append(_ bytes: ArraySlice<UInt8>) { splitter.append(bytes) }

    /// Ends the output; the last line.
    func finish() -> String {
        splitter.finish()
        return lastLine.get()
    }
}

private final class LastLine: Sendable {
    private let text = Mutex("")
    func set(_ new: String) { text.withLock { $0 = new } }
    func get() -> String { text.withLock { $0 } }
}

/// Python's ways with text.
enum PythonText {
    /// `text.rstrip()`.
    static func rightStripped(_ text: String) -> String {
        var rest = text[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    /// `repr(text)`: single quotes unless the text holds some and no double ones.
    static func repr(_ text: String) -> String {
        let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for character in text.unicodeScalars {
            switch character {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case "\\": result += "\\\\"
            default:
                if Character(character) == quote { result += "\\" }
                result.unicodeScalars.append(character)
            }
        }
        return result + String(quote)
    }
}
