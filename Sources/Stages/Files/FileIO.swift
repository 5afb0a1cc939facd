import Glibc

/// Whole files and folders, with errors that name the path and the mend.
enum FileIO {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Bytes of a regular file; `nil` when there is none.
    static func size(of path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// The whole file.
    /// - Parameter limit: bytes that it may have; a larger file is refused, not read.
    static func read(_ path: String, limit: Int = 1 << 30) throws(StageError) -> [UInt8] {
        let reader = try FileReader(path)
        guard let size = size(of: path), size <= limit else {
            throw StageError(.fileFailed, "\(path): not a regular file of at most \(limit) bytes")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        while try reader.next({ bytes.append(contentsOf: $0) }) {}
        return bytes
    }

    /// A file of /proc, which has no size.
    static func readProc(_ path: String) throws(StageError) -> String {
        let reader = try FileReader(path)
        var bytes: [UInt8] = []
        while try reader.next({ bytes.append(contentsOf: $0) }) {}
        return String(decoding: bytes, as: UTF8.self)
    }

    static func readText(_ path: String, limit: Int = 64 << 20) throws(StageError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Replaces the file at once: a reader, or a crash, meets the old bytes or the new ones.
    static func writeAtomically(_ bytes: [UInt8], to path: String) throws(StageError) {
        let temporary = "\(path).tmp-\(getpid())"
        do throws(StageError) {
            let writer = try FileWriter(temporary)
            try writer.write(bytes)
            try writer.finish()
            try move(temporary, to: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    static func writeAtomically(_ text: String, to path: String) throws(StageError) {
        try writeAtomically(Array(text.utf8), to: path)
    }

    static func move(_ source: String, to destination: String) throws(StageError) {
        guard rename(source, destination) == 0 else { throw failure("\(source): cannot be renamed to \(destination)") }
    }

    /// Makes the folder and those above it.
    static func createDirectories(_ path: String) throws(StageError) {
        guard !path.isEmpty, !isDirectory(path) else { return }
        try createDirectories(parent(of: path))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST && isDirectory(path) else {
            throw failure("\(path): the folder cannot be made")
        }
    }

    /// - Throws: ``StageError`` `fileFailed` when this process may not make files in the folder.
    static func checkWritable(_ directory: String) throws(StageError) {
        guard access(directory, W_OK | X_OK) == 0 else { throw failure("\(directory): cannot be written to") }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    static func names(in directory: String) throws(StageError) -> [String] {
        guard let stream = opendir(directory) else { throw failure("\(directory): the folder cannot be read") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file or a folder with all it holds; links are removed, not followed.
    static func removeTree(_ path: String) throws(StageError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try names(in: path) { try removeTree(path + "/" + name) }
        }
        guard remove(path) == 0 else { throw failure("\(path): cannot be removed") }
    }

    /// The path from the root, where it was one from the working folder.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// `a/b` of `a/b/c`; the empty text of `c`.
    static func parent(of path: String) -> String {
        var path = Substring(path)
        while path.count > 1, path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `c` of `a/b/c`.
    static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The error that `errno` stands for.
    static func failure(_ what: String) -> StageError {
        let number = errno
        let mend =
            switch number {
            case ENOSPC: "; free space on that file system and run again"
            case EACCES, EROFS: "; check the permissions"
            case ENOENT: "; check the path"
            default: ""
            }
        return StageError(.fileFailed, "\(what): \(String(cString: strerror(number)))\(mend)")
    }
}
