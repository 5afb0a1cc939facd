/// What is wrong with the configuration of a cluster, where, and how to mend it.
package struct KubernetesConfigurationError: Error, Hashable, CustomStringConvertible {
    /// The file, or the environment variable, that was read.
    package var place: String
    /// Path of the field in it, such as `users[dev].exec.command`; empty for the whole file.
    package var field: String
    /// What is wrong and what to do about it.
    package var message: String

    package init(place: String, field: String = "", message: String) {
        self.place = place
        self.field = field
        self.message = message
    }

    package var description: String { [place, field, message].filter { !$0.isEmpty }.joined(separator: ": ") }
}
