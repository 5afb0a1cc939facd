import PipelineCore

/// Makes the answer of a read out of what the child wrote and how it ended. Pure.
///
/// The answer is an object with `dags`, `import_errors`, `warnings`, `skipped`, `sdk_version`, `duration`,
/// `stdout_tail` (the first 64 KiB of what the file printed) and `output_size`; `Resources/reader.py` describes them.
enum ReadAnswer {
    static func make(
        request: ReadRequest, configuration: PythonConfiguration, report: ExitReport, result: [UInt8]?
    ) -> JSONText {
        let printed: KeyValuePairs = [
            "stdout_tail": JSONText(.string(report.output)), "output_size": JSONText(.int(report.outputSize)),
        ]
        // What does not end where it should was written by a process that was killed meanwhile.
        if let result, let answer = try? JSONText(utf8: result).setting(printed) { return answer }
        let message =
            result == nil
            ? "the DAGs of this file serialize to more than \(configuration.resultLimit) bytes; split the file"
            : endMessage(report, request.timeLimit ?? configuration.readTimeLimit)
        var answer = failed(request, report: report, message: message)
        answer["stdout_tail"] = .string(report.output)
        answer["output_size"] = .int(report.outputSize)
        return JSONText(.object(answer))
    }

    /// The answer for a file whose import ended its process.
    private static func failed(_ request: ReadRequest, report: ExitReport, message: String) -> JSONObject {
        let error: JSONObject = [
            "file": .string(request.relativePath),
            "line": .int(line(of: request.file, in: report.trace) ?? 1),
            "message": .string(message),
            "traceback": .string(report.trace.isEmpty ? "  File \"\(request.file)\"\n\(message)\n" : report.trace),
        ]
        return [
            "dags": [], "import_errors": [.object(error)], "warnings": [], "skipped": false, "sdk_version": .null,
            "duration": .null,
        ]
    }

    private static func endMessage(_ report: ExitReport, _ timeLimit: Duration) -> String {
        if report.reason == "time" {
            return "the file was still importing after \(timeLimit.inSeconds) s and was killed"
        }
        switch ProcessExit(waitStatus: report.status) {
        case .signal(let number):
            return "importing the file ended the process with signal \(number) (\(name(ofSignal: number)))"
        case .code(let code) where report.trace.hasPrefix("os._exit("):
            return "the file ended the process with os._exit(\(code)) while it was imported"
        case .code(let code):
            return "importing the file ended the process with exit code \(code) and no answer"
        }
    }

    private static func name(ofSignal number: Int32) -> String {
        let names: [Int32: String] = [
            4: "SIGILL, an illegal instruction", 6: "SIGABRT, an abort", 7: "SIGBUS, a bad address",
            8: "SIGFPE, bad arithmetic", 9: "SIGKILL, perhaps out of memory", 11: "SIGSEGV, a bad address",
            15: "SIGTERM", 31: "SIGSYS, a forbidden system call",
        ]
        return names[number] ?? "see signal(7)"
    }

    /// The line of `file` that was running. A crash writes the stack with the latest frame first, `os._exit` last.
    private static func line(of file: String, in trace: String) -> Int? {
        let marker = "File \"\(file)\", line "
        let numbers = trace.split(separator: "\n").compactMap { line -> Int? in
            guard let range = line.firstRange(of: marker) else { return nil }
            return Int(line[range.upperBound...].prefix { $0.isNumber })
        }
        return trace.hasPrefix("os._exit(") ? numbers.last : numbers.first
    }
}
