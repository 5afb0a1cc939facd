/// First in, first out; its memory is given back when it runs empty.
struct WorkQueue {
    struct Item {
        var run: RunExecution
        var position: Int32
        /// One instance of the task, or -1 for all.
        var instance: Int32
    }

    private var items: [Item] = []
    private var head = 0

    mutating func append(_ item: Item) { items.append(item) }

    mutating func next() -> Item? {
        guard head < items.count else {
            items.removeAll(keepingCapacity: items.count < 4_096)
            head = 0
            return nil
        }
        head += 1
        return items[head - 1]
    }
}
