import Synchronization

/// Keeps a body in memory up to a limit.
final class BodyCollector: HTTPResponseReceiver {
    private let limit: Int
    private let storage = Mutex<[UInt8]>([])

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { storage.withLock { $0 } }

    func receive(head: HTTPResponseHead) {}

    func receive(chunk: UnsafeRawBufferPointer) throws {
        try storage.withLock { bytes in
            guard bytes.count + chunk.count <= limit else {
                throw HTTPTransportError(.tooLarge, "the response has more than \(limit) bytes")
            }
            bytes.append(contentsOf: chunk)
        }
    }
}
