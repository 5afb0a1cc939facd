/// What the kernel says of the processes that it has ended for want of memory.
enum KernelLog {
    private static let mark = "oom-kill:"

    /// Whether a process of the container was ended: the kernel names its cgroup, and podman names that after the
    /// container's id.
    static func hasKilled(_ containerID: String, in log: String) -> Bool {
        log.split(separator: "\n").contains { $0.contains(mark) && $0.contains("libpod-\(containerID)") }
    }
}
