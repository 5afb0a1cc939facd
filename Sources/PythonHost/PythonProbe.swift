import CPosix
import Glibc
import PipelineCore

/// Asks an interpreter what is installed in it, without importing Airflow (40 ms), and remembers the answer below the
/// cache directory until the interpreter or its package directories change.
package enum PythonProbe {
    private static let script = """
        import importlib.metadata as m, json, sys, sysconfig
        names = ("apache-airflow-task-sdk", "apache-airflow-core", "apache-airflow-providers-standard",
                 "apache-airflow-providers-cncf-kubernetes")
        found = {"python": sys.version.split()[0]}
        for name in names:
            try: found[name] = m.version(name)
            except m.PackageNotFoundError: found[name] = None
        paths = [sys.executable] + sorted({sysconfig.get_path(n) for n in ("purelib", "platlib")})
        print(json.dumps({"versions": found, "paths": paths}))
        """

    /// The versions of `python`. Throws `pythonMissing`; an environment without the SDK is an answer, not an error.
    package static func versions(
        python: String, cacheDirectory: String, environment: [String: String]
    ) async throws -> PythonVersions {
        try await BlockingThread.value {
            let cache = "\(cacheDirectory)/python-probe.json"
            if let known = remembered(python, in: cache) { return known }
            let answer = try ask(python, environment: environment)
            try remember(answer, python: python, directory: cacheDirectory, cache: cache)
            return PythonVersions(answer["versions"] ?? .null)
        }
    }

    private static func remembered(_ python: String, in cache: String) -> PythonVersions? {
        guard let bytes = try? file(cache), let value = try? JSONValue.parse(utf8: bytes),
            let entry = value[python], let stamps = entry["stamps"]?.objectValue, !stamps.isEmpty,
            stamps.allSatisfy({ stamp(of: $0.key) == $0.value })
        else { return nil }
        return PythonVersions(entry["versions"] ?? .null)
    }

    private static func remember(
        _ answer: JSONValue, python: String, directory: String, cache: String
    ) throws(PythonHostError) {
        try PythonScripts.makeDirectories(directory)
        let paths = answer["paths"]?.arrayValue?.compactMap(\.stringValue) ?? []
        var known = (try? file(cache)).flatMap { try? JSONValue.parse(utf8: $0) }?.objectValue ?? [:]
        known[python] = [
            "versions": answer["versions"] ?? .null,
            "stamps": .object(JSONObject(paths.map { ($0, stamp(of: $0)) })),
        ]
        let draft = "\(cache).\(getpid())"
        let fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw PythonHostError(.system, "open \(draft): \(SystemCall.text(of: errno))") }
        try OwnedDescriptor(fd).write(JSONValue.object(known).serializedUTF8(.pretty))
        _ = try SystemCall.check(rename(draft, cache) == 0 ? 0 : -errno, "rename \(cache)")
    }

    /// Inode, size and time of change of a path: installing a package changes those of its directory.
    private static func stamp(of path: String) -> JSONValue {
        var status = stat()
        guard stat(path, &status) == 0 else { return .null }
        return .string("\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
    }

    private static func ask(_ python: String, environment: [String: String]) throws(PythonHostError) -> JSONValue {
        let output = try OwnedDescriptor.memoryFile("pipeline-probe")
        let pid = HostProcess.spawn(
            [python, "-c", script], environment: environment,
            mappings: [cposix_fd_mapping(source: output.raw, target: 1)])
        guard pid > 0 else { throw HostProcess.missing(python, code: -pid) }
        var status: Int32 = 0
        _ = try SystemCall.check(cposix_wait(pid, true, &status), "waitpid")
        guard status == 0, let answer = try? JSONValue.parse(utf8: output.contents()) else {
            throw PythonHostError(.pythonMissing, "\(python) is no Python 3 that works: it ended with status \(status)")
        }
        return answer
    }

    private static func file(_ path: String) throws(PythonHostError) -> [UInt8] {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw PythonHostError(.system, "open \(path): \(SystemCall.text(of: errno))") }
        return try OwnedDescriptor(fd).contents()
    }
}
