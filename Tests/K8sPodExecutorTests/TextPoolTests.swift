import Testing

@testable import K8sPodExecutor

struct TextPoolTests {
    /// Where the bytes of a text lie.
    private func place(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { Int(bitPattern: $0.baseAddress) }
    }

    private func text(_ number: Int) -> String { "localhost/an-image-with-a-long-name:\(number)" }

    @Test func equalTextsAreKeptOnce() {
        let pool = TextPool()
        let (first, second) = (pool.shared(text(1)), pool.shared(text(1)))
        #expect(first == text(1) && place(first) == place(second))
        #expect(place(first) != place(text(1)))
        #expect(pool.shared("short") == "short")
    }

    @Test func itForgetsWhenItIsFull() {
        let pool = TextPool(limit: 3)
        let first = pool.shared(text(0))
        for number in 1...2 { _ = pool.shared(text(number)) }
        #expect(place(pool.shared(text(0))) == place(first))
        _ = pool.shared(text(3))
        #expect(place(pool.shared(text(0))) != place(first))
        #expect(first == text(0))
    }
}
