/// What this module throws: a closed code for the program, a message that names the cause for the person.
public struct TensorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, for a program to branch on.
    public enum Code: String, Sendable {
        /// A value outside what the call allows.
        case invalidArgument
        /// The device has no memory left.
        case outOfMemory
        /// The device does not exist on this machine.
        case deviceUnavailable
        /// The operating system refused a thread or a lock.
        case system
        /// A file cannot be read or written.
        case fileAccess
        /// A file is not what its format asks for.
        case malformedFile
        /// A checkpoint belongs to another model: a name is missing, or a shape differs.
        case checkpointMismatch
        /// A label lies outside the classes of the model.
        case labelOutOfRange
        /// The loss is not a number any more; the weights are those before the step.
        case nonFiniteLoss
    }

    /// What went wrong, for a program to branch on.
    public let code: Code
    /// The cause with its values, for a person; without a full stop.
    public let message: String

    /// An error of this kind with its cause.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
