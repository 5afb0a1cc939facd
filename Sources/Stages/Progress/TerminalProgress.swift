package import PipelineCore
import Synchronization

/// Lines and a bar for a person at a terminal. The bar is redrawn in place, at most ten times a second.
package final class TerminalProgress: ProgressReporter {
    private static let interval = Duration.milliseconds(100)
    private static let barWidth = 28
    /// Return to the line's start and clear it.
    private static let clearLine = "\r\u{1B}[K"

    private struct State {
        var barShown = false
        var lastDrawn: Duration?
    }

    private let writer: any OutputWriter
    private let uptime: @Sendable () -> Duration
    private let state = Mutex(State())

    package init(writer: any OutputWriter, uptime: @escaping @Sendable () -> Duration) {
        self.writer = writer
        self.uptime = uptime
    }

    package func event(_ name: String, _ fields: JSONObject) {
        let line = Self.line(for: name, fields)
        state.withLock { state in
            writer.write((state.barShown ? Self.clearLine : "") + line + "\n")
            state.barShown = false
        }
    }

    package func position(_ position: ProgressPosition) {
        let now = uptime()
        state.withLock { state in
            if let last = state.lastDrawn, now - last < Self.interval, !position.isComplete { return }
            state.lastDrawn = now
            state.barShown = !position.isComplete
            writer.write(Self.clearLine + Self.line(for: position) + (position.isComplete ? "\n" : ""))
        }
    }

    /// Ends a bar that is not full, so that what comes next has a line of its own.
    package func finishLine() {
        state.withLock { state in
            if state.barShown { writer.write("\n") }
            state.barShown = false
        }
    }

    /// An event that counts itself begins with its number: `epoch 2/30`.
    static func line(for name: String, _ fields: JSONObject) -> String {
        var (head, rest) = (name, fields)
        if let number = fields[name]?.intValue {
            let total = fields[name + "s"]?.intValue
            head += " \(number)" + (total.map { "/\($0)" } ?? "")
            (rest[name], rest[name + "s"]) = (nil, nil)
        }
        return ([head] + rest.map { "\($0.key) \(text(of: $0.value))" }).joined(separator: "  ")
    }

    static func line(for position: ProgressPosition) -> String {
        let detail = position.detail.isEmpty ? "" : "  " + position.detail
        guard let total = position.total, total > 0 else {
            return "\(position.label)  \(position.completed) \(position.unit)\(detail)"
        }
        let done = min(position.completed, total)
        let filled = barWidth * done / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: barWidth - filled)
        let percent = String(100 * done / total)
        let padding = String(repeating: " ", count: 3 - percent.count)
        return "\(position.label)  [\(bar)] \(padding)\(percent) %  \(done)/\(total) \(position.unit)\(detail)"
    }

    /// Numbers with four significant digits after the point, everything else as JSON without quotes.
    static func text(of value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .double(let number): FixedPoint.text(number, digits: 4)
        default: value.serialized(.python)
        }
    }
}
