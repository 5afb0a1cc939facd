import Testing

@testable import Tensor

@Suite struct MemoryPlanTests {
    @Test func blocksThatLiveAtOnceDoNotOverlapAndOthersShare() {
        var generator = SplitMix64(seed: 6)
        for _ in 0..<50 {
            var plan = MemoryPlan()
            var blocks: [(size: Int, first: Int, last: Int)] = []
            for _ in 0..<40 {
                let size = Int.random(in: 1...200, using: &generator)
                let first = Int.random(in: 0..<60, using: &generator)
                let last = first + Int.random(in: 0..<10, using: &generator)
                let block = plan.block(size)
                plan.touch(block, at: last)
                plan.touch(block, at: first)
                blocks.append((size, first, last))
            }
            let (offsets, total) = plan.solve()
            #expect(!hasOverlap(blocks, offsets))
            #expect(offsets.allSatisfy { $0 % 16 == 0 })
            #expect(total < blocks.reduce(0) { $0 + $1.size })
        }
    }

    private func hasOverlap(_ blocks: [(size: Int, first: Int, last: Int)], _ offsets: [Int]) -> Bool {
        blocks.indices.contains { one in
            blocks.indices.contains { two in
                one < two && blocks[one].first <= blocks[two].last && blocks[two].first <= blocks[one].last
                    && offsets[one] < offsets[two] + blocks[two].size && offsets[two] < offsets[one] + blocks[one].size
            }
        }
    }
}
