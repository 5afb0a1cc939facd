/// The XComs of a run that decide how often tasks are mapped and what branches skip.
struct XComLedger {
    private struct Place: Hashable {
        var position: Int
        var mapIndex: Int
    }

    private var lengths: [Place: [String: Int]] = [:]
    private var pushed: [Int: Set<Int>] = [:]
    private var decisions: [Place: SkipDecision] = [:]

    mutating func record(_ notice: XComNotice, position: Int, mapIndex: Int, isMapSource: Bool) {
        let place = Place(position: position, mapIndex: mapIndex)
        if let decision = notice.skipDecision { decisions[place] = decision }
        guard isMapSource else { return }
        if let length = notice.mappedLength { lengths[place, default: [:]][notice.key] = length }
        if notice.key == XCom.returnKey, mapIndex >= 0, !notice.isNull {
            pushed[position, default: []].insert(mapIndex)
        }
    }

    mutating func forget(position: Int, mapIndex: Int) {
        let place = Place(position: position, mapIndex: mapIndex)
        lengths[place] = nil
        decisions[place] = nil
        pushed[position]?.remove(mapIndex)
    }

    /// Tasks have other positions now; those without one are forgotten.
    mutating func move(_ positions: [Int: Int]) {
        func moved<Value>(_ values: [Place: Value]) -> [Place: Value] {
            Dictionary(uniqueKeysWithValues: values.compactMap { place, value in
                positions[place.position].map { (Place(position: $0, mapIndex: place.mapIndex), value) }
            })
        }
        (lengths, decisions) = (moved(lengths), moved(decisions))
        pushed = Dictionary(uniqueKeysWithValues: pushed.compactMap { old, value in positions[old].map { ($0, value) } })
    }

    /// The number of elements that a task without map index pushed.
    func length(position: Int, key: String) -> Int? {
        lengths[Place(position: position, mapIndex: TaskInstanceKey.unmapped)]?[key]
    }

    /// The instances of a mapped task that pushed a result.
    func pushedCount(position: Int) -> Int { pushed[position]?.count ?? 0 }

    func decision(position: Int, mapIndex: Int) -> SkipDecision? {
        decisions.isEmpty ? nil : decisions[Place(position: position, mapIndex: mapIndex)]
    }
}
