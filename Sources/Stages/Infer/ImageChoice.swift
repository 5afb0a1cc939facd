/// Which test images are shown.
enum ImageChoice: Sendable, Hashable {
    /// These numbers, in this order.
    case numbers([Int])
    /// So many, drawn with a seed, in ascending order.
    case sample(count: Int, seed: UInt64)

    private static let most = 400

    init(_ parameters: StageParameters) throws(StageError) {
        guard let text = parameters.optionalText("images") else {
            self = .sample(count: parameters.integer("count"), seed: UInt64(parameters.integer("seed")))
            return
        }
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            Int(part.filter { $0 != " " }).flatMap { $0 >= 0 ? $0 : nil }
        }
        guard !numbers.contains(nil), numbers.count <= Self.most else {
            throw StageError(
                .misuse, "parameter images: '\(text)' is not allowed, give at most \(Self.most) numbers as 0,7,12")
        }
        self = .numbers(numbers.compactMap(\.self))
    }

    /// The numbers for a set of `count` images.
    func images(of count: Int) throws(StageError) -> [Int] {
        switch self {
        case .numbers(let numbers):
            if let bad = numbers.first(where: { $0 >= count }) {
                throw StageError(.misuse, "parameter images: there is no image \(bad), the set has 0 to \(count - 1)")
            }
            return numbers
        case .sample(let wanted, let seed):
            var random = StageRandom(seed: seed, 5)
            return Array((0..<count).shuffled(using: &random).prefix(wanted)).sorted()
        }
    }
}
