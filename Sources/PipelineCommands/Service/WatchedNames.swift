import Glibc
import Synchronization

/// Which events of an inotify descriptor count: all of a watch, but where only some names in its folder do.
final class WatchedNames: Sendable {
    private let names = Mutex<[Int32: Set<String>]>([:])
    private let whole = Mutex<Set<Int32>>([])

    /// Everything in the folder of this watch counts.
    func countAll(in watch: Int32) { whole.withLock { _ = $0.insert(watch) } }

    /// Besides what counts there already.
    func count(_ name: String, in watch: Int32) { names.withLock { _ = $0[watch, default: []].insert(name) } }

    /// Whether one of the events that were read counts: `struct inotify_event` (inotify(7)), one after the other.
    func count(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        var counts = false
        while rest.count >= Self.headerSize {
            let length = Int(rest.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self) })
            let watch = rest.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
            let name = rest.dropFirst(Self.headerSize).prefix(length).prefix { $0 != 0 }
            counts = counts || self.counts(watch, String(decoding: name, as: UTF8.self))
            rest = rest.dropFirst(Self.headerSize + length)
        }
        return counts
    }

    private static let headerSize = 16

    /// A watch without names is one of a file, or its queue has run over (-1): anything may have happened then.
    private func counts(_ watch: Int32, _ name: String) -> Bool {
        if whole.withLock({ $0.contains(watch) }) { return true }
        return names.withLock { $0[watch] }.map { $0.contains(name) } ?? true
    }
}
