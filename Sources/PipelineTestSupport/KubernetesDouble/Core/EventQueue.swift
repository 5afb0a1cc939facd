/// What is due when: a binary heap by time, and by order of entry where times are equal.
struct EventQueue<Event> {
    private struct Entry {
        let due: Duration
        let order: Int
        let event: Event

        func isBefore(_ other: Entry) -> Bool { due != other.due ? due < other.due : order < other.order }
    }

    private var entries: [Entry] = []
    private var order = 0

    var nextDue: Duration? { entries.first?.due }

    mutating func add(_ event: Event, at due: Duration) {
        order += 1
        entries.append(Entry(due: due, order: order, event: event))
        rise(entries.count - 1)
    }

    /// The next event that is due by `time`, and when it was.
    mutating func pop(until time: Duration) -> (due: Duration, event: Event)? {
        guard let first = entries.first, first.due <= time else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink(0)
        }
        return (first.due, first.event)
    }

    private mutating func rise(_ start: Int) {
        var child = start
        while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].isBefore(entries[least]) { least = child }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
