/// The tasks of a DAG as positions and edges, frozen once built.
package struct DirectedGraph: Sendable {
    package let ids: [String]
    package let successors: [[Int]]

    package init(_ tasks: [TaskDefinition]) {
        let positions = Dictionary(tasks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        ids = tasks.map(\.id)
        successors = tasks.map { task in task.downstream.compactMap { positions[$0] } }
    }

    /// Positions in an order in which every task stands before its successors, or the path of a cycle.
    package func topologicalOrder() -> [Int]? {
        var open = [Int](repeating: 0, count: ids.count)
        for edges in successors { for target in edges { open[target] += 1 } }
        var ready = open.indices.filter { open[$0] == 0 }
        var next = 0
        while next < ready.count {
            for target in successors[ready[next]] {
                open[target] -= 1
                if open[target] == 0 { ready.append(target) }
            }
            next += 1
        }
        return ready.count == ids.count ? ready : nil
    }

    /// The ids along one cycle, the first repeated at the end; `nil` when there is none.
    package func cycle() -> [String]? {
        guard topologicalOrder() == nil else { return nil }
        var colour = [UInt8](repeating: 0, count: ids.count)
        for start in ids.indices where colour[start] == 0 {
            if let path = cycle(from: start, colour: &colour) { return path.map { ids[$0] } }
        }
        return nil
    }

    /// Depth-first search without recursion, since a chain may be longer than the stack is deep.
    private func cycle(from start: Int, colour: inout [UInt8]) -> [Int]? {
        var path: [(node: Int, edge: Int)] = [(start, 0)]
        colour[start] = 1
        while let (node, edge) = path.last {
            guard edge < successors[node].count else {
                colour[node] = 2
                path.removeLast()
                continue
            }
            path[path.count - 1].edge += 1
            let target = successors[node][edge]
            if colour[target] == 1, let from = path.firstIndex(where: { $0.node == target }) {
                return path[from...].map(\.node) + [target]
            }
            if colour[target] == 0 {
                colour[target] = 1
                path.append((target, 0))
            }
        }
        return nil
    }
}
