package import PipelineCore

/// A step of an ML pipeline that `pipeline stage run NAME` performs: in a pod, in a local process or by hand.
///
/// A stage declares its parameters as values. They are read and checked before ``run(_:)`` is called, so a stage never
/// meets an unknown name, a wrong type or a value out of range.
package protocol Stage: Sendable {
    /// The word on the command line: `fetch_data`.
    var name: String { get }
    /// One sentence for lists.
    var summary: String { get }
    var parameters: [StageParameter] { get }
    /// Does the work and returns the result, which becomes the task's XCom.
    /// - Throws: ``StageError``, or what lies under it.
    func run(_ context: StageContext) async throws -> JSONValue
}
