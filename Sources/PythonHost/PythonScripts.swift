import Glibc

/// The Python side of this module: embedded in the program, written below the cache directory before the first start.
enum PythonScripts {
    static let package = "pipeline_python_host"

    private static let files: [(name: String, bytes: [UInt8])] = [
        ("__init__.py", []),
        ("zygote.py", PackageResources.zygote_py),
        ("reader.py", PackageResources.reader_py),
        ("native.py", PackageResources.native_py),
        ("loaded.py", PackageResources.loaded_py),
        ("batch.py", PackageResources.batch_py),
        ("calls.py", PackageResources.calls_py),
        ("task_host.py", PackageResources.task_host_py),
        ("trigger_host.py", PackageResources.trigger_host_py),
        ("callback_host.py", PackageResources.callback_host_py),
    ]

    /// The directory that holds the package, named by its content so that two versions of the program never share one.
    static func install(below cacheDirectory: String) throws(PythonHostError) -> String {
        let directory = "\(cacheDirectory)/python-host/\(contentHash)"
        guard access("\(directory)/\(package)/complete", R_OK) != 0 else { return directory }
        let draft = "\(cacheDirectory)/python-host/draft-\(getpid())-\(contentHash)"
        try makeDirectories("\(draft)/\(package)")
        for file in files { try write(file.bytes, to: "\(draft)/\(package)/\(file.name)") }
        try write([], to: "\(draft)/\(package)/complete")
        // Whoever renames first wins; the others find the same content there.
        if rename(draft, directory) != 0, access("\(directory)/\(package)/complete", R_OK) != 0 {
            throw PythonHostError(.system, "rename \(directory): \(SystemCall.text(of: errno))")
        }
        return directory
    }

    /// The statement that starts the host on descriptor `fd`.
    static func startStatement(directory: String, fd: Int32) -> String {
        """
        import sys; sys.path[0] = \(pythonLiteral(directory)); \
        from \(package) import zygote; del sys.path[0]; zygote.main(\(fd))
        """
    }

    /// FNV-1a over names and contents: it has to tell versions apart, not to withstand an attack.
    static let contentHash: String = {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for file in files {
            for byte in Array(file.name.utf8) + [0] + file.bytes + [0] {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }()

    static func makeDirectories(_ path: String) throws(PythonHostError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/\(part)"
            if mkdir(partial, 0o755) != 0, errno != EEXIST {
                throw PythonHostError(.system, "mkdir \(partial): \(SystemCall.text(of: errno))")
            }
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(PythonHostError) {
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0 else { throw PythonHostError(.system, "open \(path): \(SystemCall.text(of: errno))") }
        try OwnedDescriptor(fd).write(bytes)
    }

    private static func pythonLiteral(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
}
