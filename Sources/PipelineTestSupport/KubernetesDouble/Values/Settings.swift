extension KubernetesDouble {
    /// Manners of the server that are no faults.
    package struct Settings: Sendable, Hashable {
        /// From a call to its answer; the effect comes at once. Zero answers within the call.
        package var latency = Duration.zero
        /// From a change to its event on the watches.
        package var watchDelay = Duration.zero
        /// Between two bookmarks; about a minute on a real server.
        package var bookmarkInterval = Duration.seconds(60)
        /// A bookmark comes so long before a watch's own end.
        package var lastBookmarkBefore = Duration.seconds(2)
        /// How long a watch lasts that names no `timeoutSeconds`.
        package var watchDuration = Duration.seconds(2_700)
        /// Until the garbage collector acts.
        package var collectionDelay = Duration.milliseconds(100)
        /// From a pod's creation to its binding.
        package var schedulingDelay = Duration.milliseconds(15)
        /// From the end of a container to the end of its followed log.
        package var followLinger = Duration.milliseconds(100)
        /// The bearer token that calls must bring; `nil` lets everyone in.
        package var token: String?
        /// As RBAC's texts name the caller.
        package var user = "system:serviceaccount:pipelines:pipeline"
        /// What RBAC does not allow, as `verb resource` or `verb resource/subresource`.
        package var denied: Set<String> = []
        /// Namespaces that admit only pods of the `restricted` standard.
        package var restrictedNamespaces: Set<String> = []
        /// The largest body, in bytes.
        package var bodyLimit = 3_145_728

        package init() {}
    }
}
