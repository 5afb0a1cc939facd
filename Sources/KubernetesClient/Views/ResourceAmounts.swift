package import PipelineCore

/// Amounts by resource: `cpu`, `memory`, `nvidia.com/gpu`.
package struct ResourceAmounts: Sendable, Hashable {
    package private(set) var amounts: [String: Quantity]

    package init(_ amounts: [String: Quantity] = [:]) { self.amounts = amounts }

    /// Of a `requests`, `limits` or `allocatable` object; what is no quantity is left out.
    package init(_ json: JSONValue?) {
        amounts = [:]
        for (name, value) in json?.objectValue ?? [:] {
            if let quantity = Self.quantity(value) { amounts[name] = quantity }
        }
    }

    private static func quantity(_ value: JSONValue) -> Quantity? {
        switch value {
        case .string(let text): Quantity(text)
        case .int(let number): Quantity(number)
        case .double(let number): Quantity(number.description)
        default: nil
        }
    }

    /// Zero where nothing is said.
    package subscript(name: String) -> Quantity {
        get { amounts[name] ?? .zero }
        set { amounts[name] = newValue }
    }

    package static func + (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        ResourceAmounts(left.amounts.merging(right.amounts, uniquingKeysWith: +))
    }

    package static func - (left: ResourceAmounts, right: ResourceAmounts) -> ResourceAmounts {
        ResourceAmounts(left.amounts.merging(right.amounts.mapValues { .zero - $0 }, uniquingKeysWith: +))
    }

    /// The larger amount of each resource.
    package func maximum(_ other: ResourceAmounts) -> ResourceAmounts {
        ResourceAmounts(amounts.merging(other.amounts, uniquingKeysWith: max))
    }
}
