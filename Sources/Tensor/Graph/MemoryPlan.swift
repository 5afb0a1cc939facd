/// Places blocks of memory that live for a span of steps, so that blocks whose spans overlap do not.
struct MemoryPlan {
    /// A block: its size and the first and last step that touch it.
    private struct Block {
        let size: Int
        var first = Int.max
        var last = Int.min

        func overlaps(_ other: Block) -> Bool { first <= other.last && other.first <= last }
    }

    /// Offsets are multiples of this many floats: one cache line.
    static let alignment = 16

    private var blocks: [Block] = []

    /// Adds a block of `size` floats that no step touches yet; answers its number.
    mutating func block(_ size: Int) -> Int {
        blocks.append(Block(size: (size + Self.alignment - 1) / Self.alignment * Self.alignment))
        return blocks.count - 1
    }

    mutating func touch(_ block: Int, at step: Int) {
        blocks[block].first = min(blocks[block].first, step)
        blocks[block].last = max(blocks[block].last, step)
    }

    /// Offsets of all blocks and the size of the whole: the largest blocks first, each at the lowest place that is
    /// free.
    func solve() -> (offsets: [Int], total: Int) {
        var offsets = [Int](repeating: 0, count: blocks.count)
        var placed: [Int] = []
        var total = 0
        for index in blocks.indices.sorted(by: { (blocks[$0].size, $1) > (blocks[$1].size, $0) }) {
            offsets[index] = lowestPlace(for: index, beside: placed, offsets)
            placed.append(index)
            total = max(total, offsets[index] + blocks[index].size)
        }
        return (offsets, total)
    }

    private func lowestPlace(for index: Int, beside placed: [Int], _ offsets: [Int]) -> Int {
        let rivals = placed.filter { blocks[$0].overlaps(blocks[index]) }.sorted { offsets[$0] < offsets[$1] }
        var place = 0
        for rival in rivals where offsets[rival] < place + blocks[index].size {
            place = max(place, offsets[rival] + blocks[rival].size)
        }
        return place
    }
}
