import Glibc
import Yams

/// The devices of this machine that containers can be given, as their makers describe them.
/// Source: Container Device Interface specification 0.6, `kind` and `devices[].name`.
package struct CDISpecifications: Sendable {
    /// Where descriptions lie; those of a later folder replace earlier ones.
    private let folders: [String]

    package init(folders: [String] = ["/etc/cdi", "/var/run/cdi"]) { self.folders = folders }

    /// The names of single devices by kind: `nvidia.com/gpu`: `0`, `1`. Where a maker numbers them, the numbers are the
    /// devices, and other names stand for the same ones (`all`, a serial number).
    func devices() -> [String: [String]] {
        var names: [String: Set<String>] = [:]
        for document in folders.flatMap(files).compactMap(Self.document) {
            guard let kind = document["kind"]?.string else { continue }
            let found = document["devices"]?.sequence?.compactMap { $0["name"]?.string } ?? []
            names[kind, default: []].formUnion(found)
        }
        return names.mapValues(Self.single)
    }

    private static func single(_ names: Set<String>) -> [String] {
        let numbers = names.compactMap { Int($0) }.sorted()
        return numbers.isEmpty ? names.subtracting(["all"]).sorted() : numbers.map { String($0) }
    }

    private func files(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        let isDescription = { (name: String) in [".yaml", ".json"].contains { name.hasSuffix($0) } }
        return names.filter(isDescription).sorted().map { "\(folder)/\($0)" }
    }

    /// JSON is YAML, too. One that cannot be read describes nothing, for podman either.
    private static func document(_ path: String) -> Node? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { text += chunk[..<count] }
        return try? Yams.compose(yaml: String(decoding: text, as: UTF8.self))
    }
}
