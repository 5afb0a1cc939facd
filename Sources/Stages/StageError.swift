/// Why a stage did not do its work.
package struct StageError: Error, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// An unknown stage or parameter, or a value that is not allowed: nothing was begun.
        case misuse
        /// A file or folder is missing or cannot be read or written.
        case fileFailed
        /// A download failed.
        case downloadFailed
        /// Bytes are not what they should be: wrong check sum, cut off, malformed.
        case corruptData
        /// Loss or weights are no longer finite.
        case notFinite
        /// A metric misses its threshold.
        case thresholdMissed
        /// A checkpoint or file belongs to something else (another model, another data set).
        case mismatch
        /// This machine or build lacks what was asked for.
        case unsupported
        /// The process was asked to end.
        case cancelled
    }

    package var code: Code
    /// What happened, where, and how to mend it.
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { cause.map { "\(message): \($0)" } ?? message }
}
