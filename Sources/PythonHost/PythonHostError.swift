/// What went wrong between this program and Python; never what is wrong in an author's file, which is an import error.
package struct PythonHostError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The interpreter cannot be started.
        case pythonMissing
        /// The interpreter works but Airflow's SDK is not installed in it.
        case sdkMissing
        /// The SDK is there and fails to import.
        case sdkBroken
        /// The host process ended, or was stopped, while work was outstanding.
        case hostEnded
        /// A request was refused, or an answer made no sense: a defect of ours.
        case protocolViolation
        /// A call into author code (timetable, weight rule) failed or overran its limit.
        case callFailed
        /// A file could not be forked from ready-parsed; the message says why.
        case notWarm
        /// A system call failed; the message names it.
        case system
    }

    package var code: Code
    package var message: String
    /// Python's traceback where there is one.
    package var traceback: String?

    package init(_ code: Code, _ message: String, traceback: String? = nil) {
        self.code = code
        self.message = message
        self.traceback = traceback
    }

    package var description: String { message }
}
