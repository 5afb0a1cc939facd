import Glibc
import PipelineCore

/// Prints one object in the layout of ``JSONValue/Style/pretty``, member by member and long arrays element by element.
struct JSONObjectPrinter {
    /// As much text as is collected before it is written.
    private static let chunk = 64 * 1024

    private var text = "{"
    private var isFirst = true

    mutating func member(_ key: String, _ value: JSONValue) {
        begin(key)
        text += value.serialized(.pretty, level: 1)
        writeIfLong()
    }

    mutating func member(_ key: String, _ elements: some Collection<JSONValue>) {
        begin(key)
        guard !elements.isEmpty else { return text += "[]" }
        text += "["
        for (index, element) in elements.enumerated() {
            text += (index == 0 ? "" : ",") + "\n    " + element.serialized(.pretty, level: 2)
            writeIfLong()
        }
        text += "\n  ]"
    }

    mutating func end() {
        text += isFirst ? "}\n" : "\n}\n"
        write()
    }

    private mutating func begin(_ key: String) {
        text += (isFirst ? "" : ",") + "\n  " + JSONValue.string(key).serialized() + ": "
        isFirst = false
    }

    private mutating func writeIfLong() {
        if text.utf8.count >= Self.chunk { write() }
    }

    private mutating func write() {
        Terminal.write(text, to: STDOUT_FILENO)
        text = ""
    }
}
