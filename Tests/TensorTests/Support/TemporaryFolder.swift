import Glibc

/// Calls `body` with a new folder and removes it, with its files, after.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/tensor-tests-XXXXXX".utf8CString)
    guard let name = mkdtemp(&template) else { throw FolderError.cannotCreate(errno) }
    let folder = String(cString: name)
    defer { removeFolder(folder) }
    return try body(folder)
}

enum FolderError: Error { case cannotCreate(Int32) }

/// Names in a folder, sorted.
func files(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

private func removeFolder(_ folder: String) {
    for name in files(in: folder) { unlink(folder + "/" + name) }
    rmdir(folder)
}

func writeFile(_ path: String, _ bytes: [UInt8]) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}
