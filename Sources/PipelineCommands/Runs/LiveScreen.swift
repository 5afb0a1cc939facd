/// The last lines of a terminal, which change in place below those that stay.
struct LiveScreen {
    private var liveCount = 0

    /// What has to be written so that `staying` stand above, for good, and `live` below, until the next update.
    mutating func update(staying: [String], live: [String]) -> String {
        if liveCount == 0, staying.isEmpty, live.isEmpty { return "" }
        let up = liveCount > 0 ? "\u{1B}[\(liveCount)F" : ""
        liveCount = live.count
        return up + "\u{1B}[J" + (staying + live).map { $0 + "\n" }.joined()
    }
}
