import Glibc
import PipelineCore
import Synchronization

@testable import DAGParsing

/// Reads lines of a small language instead of Python: `dag NAME`, `error LINE TEXT`, `import PATH`, `broken` (an answer
/// that breaks the contract), `unknown` (does not say what it loaded), `fail` (the reader itself fails).
final class ScriptedReader: DAGFileReader {
    struct Failure: Error, CustomStringConvertible { let description: String }

    private struct State {
        var reads: [String] = []
        var running = 0
        var maximumRunning = 0
    }

    private let state = Mutex(State())
    private let version: Result<String, Failure>

    private let batch: Int

    init(version: String = "1.3.2", batch: Int = 1) {
        self.version = .success(version)
        self.batch = batch
    }

    init(failure: String) {
        version = .failure(Failure(description: failure))
        batch = 1
    }

    var sdkVersion: String { get async throws { try version.get() } }

    /// Paths of the files read so far, sorted.
    var reads: [String] { state.withLock { $0.reads.sorted() } }

    var maximumRunning: Int { state.withLock { $0.maximumRunning } }

    func forget() { state.withLock { $0.reads = [] } }

    /// Takes at most ``batch`` files at once; a file that says `fail` fails the call where it is the first, and ends it
    /// otherwise.
    func read(_ requests: [DAGReadRequest]) async throws -> [JSONText] {
        var answers: [JSONText] = []
        for request in requests.prefix(batch) {
            do {
                answers.append(JSONText(try await read(request)))
            } catch {
                guard !answers.isEmpty else { throw error }
                break
            }
        }
        return answers
    }

    private func read(_ request: DAGReadRequest) async throws -> JSONValue {
        let path = String(request.file.dropFirst(request.folder.count + 1))
        state.withLock {
            $0.reads.append(path)
            $0.running += 1
            $0.maximumRunning = max($0.maximumRunning, $0.running)
        }
        for _ in 0..<20 { await Task.yield() }
        defer { state.withLock { $0.running -= 1 } }
        let text = String(decoding: try FileSystem.bytes(request.file), as: UTF8.self)
        return try answer(text, path: path, folder: request.folder)
    }

    private func answer(_ text: String, path: String, folder: String) throws -> JSONValue {
        var (dags, errors, loaded): ([JSONValue], [JSONValue], [JSONValue]?) = ([], [], [])
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            switch words.first {
            case "dag": dags.append(Self.entry(words[1], path: path, folder: folder, note: words.dropFirst(2).joined()))
            case "error":
                errors.append([
                    "file": .string(path), "line": .int(Int(words[1]) ?? 0), "message": .string(words[2]),
                    "traceback": "Traceback",
                ])
            case "import": loaded?.append(.string(words[1]))
            case "unknown": loaded = nil
            case "broken": return ["nothing": 1]
            case "fail": throw Failure(description: "no memory for a fork")
            default: break
            }
        }
        var object: JSONObject = ["dags": .array(dags), "import_errors": .array(errors)]
        object["dependencies"] = loaded.map { .array($0) }
        return .object(object)
    }

    /// A DAG of one task, as the reader hands it over.
    static func entry(_ id: String, path: String, folder: String, note: String = "") -> JSONValue {
        let task: JSONValue = [
            "__type": "operator",
            "__var": ["task_id": "t", "task_type": "BashOperator", "_task_module": "m", "bash_command": .string(note)],
        ]
        return [
            "dag_id": .string(id),
            "serialized": [
                "__version": 3,
                "dag": [
                    "dag_id": .string(id), "fileloc": .string("\(folder)/\(path)"), "relative_fileloc": .string(path),
                    "_processor_dags_folder": .string(folder),
                    "timetable": ["__type": "airflow.timetables.simple.NullTimetable", "__var": [:]],
                    "tasks": [task],
                ],
            ],
            "native": [:], "python_only": ["t": "scripted"],
        ]
    }
}

/// A file that Airflow's safe mode lets through.
func script(_ lines: String...) -> String { "# airflow dag\n" + lines.joined(separator: "\n") + "\n" }
