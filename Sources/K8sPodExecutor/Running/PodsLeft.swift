/// Pods of a run that could not be deleted.
package struct PodsLeft: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter reasons: one for each, with its name.
    package init(_ reasons: [String]) { description = reasons.sorted().joined(separator: "; ") }
}
