/// Logs of tries, JSON lines as the Task SDK writes them.
package protocol TaskLogStore: Sendable {
    /// Opens the log of a try for appending; the returned descriptor is the caller's to close.
    func openForAppending(_ path: String) throws -> Int32
    /// The log's bytes from `offset`; empty at the end, `nil` when there is no log.
    func read(_ path: String, offset: Int, maximumBytes: Int) throws -> [UInt8]?
}
