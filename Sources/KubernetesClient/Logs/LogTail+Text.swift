extension LogTail {
    /// A form that can be kept beside the log, so that another process goes on where this one stopped.
    package var text: String {
        guard let newest else { return "" }
        let numbers = [
            newest.seconds, Int64(newest.nanoseconds), Int64(deliveredInSecond), Int64(deliveredBefore), Int64(openBytes),
        ]
        return numbers.map { String($0) }.joined(separator: " ")
    }

    /// Reads ``text``; `nil` for anything else.
    package init?(text: String) {
        self.init()
        if text.isEmpty { return }
        let numbers = text.split(separator: " ", omittingEmptySubsequences: false).map { Int64($0) ?? -1 }
        guard numbers.count == 5, numbers.allSatisfy({ $0 >= 0 }), numbers[1] < 1_000_000_000 else { return nil }
        self.init(
            newest: LogStamp(seconds: numbers[0], nanoseconds: Int32(numbers[1])), deliveredInSecond: Int(numbers[2]),
            deliveredBefore: Int(numbers[3]), openBytes: Int(numbers[4]))
    }
}
