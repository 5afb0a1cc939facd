/// What became of a cache's contents since its reader looked last: which objects to look at, however often each changed.
package struct CacheChanges: Sendable, Hashable {
    /// Names by uid, of what came, changed or went.
    package var names: [String: String] = [:]
    /// The number of the last list that had come through by then; the contents are of that time or later.
    package var lastSuccessfulList = 0
}

/// The changes of a cache, as often as its reader asks: those that come in between are one.
package struct CacheChangeStream: AsyncSequence, Sendable {
    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var wakes: AsyncStream<Void>.AsyncIterator
        fileprivate let take: @Sendable () -> CacheChanges

        package mutating func next() async -> CacheChanges? {
            await wakes.next() == nil ? nil : take()
        }
    }

    let wakes: AsyncStream<Void>
    let take: @Sendable () -> CacheChanges

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(wakes: wakes.makeAsyncIterator(), take: take)
    }
}
