import PipelineCore

/// A process of a machine, begun by the scheduler of that machine.
struct SimulatedProcess {
    let launch: TaskLaunch
    let host: String
    /// The scheduler that listens to it, and in which of its lives.
    let owner: Int
    let life: Int
    /// When its scheduler had last gone on after standing still.
    let thaw: Duration?
    var isStarted = false
    /// It was asked to end, and is killed then.
    var killAt: Duration?
}

/// A pod: it belongs to nobody, and is found by its name.
struct SimulatedPod {
    let name: PodName
    let launch: TaskLaunch
    var isStarted = false
    var isDeleting = false
    var hasEnded = false
    /// What can be read off it, oldest first.
    var reports: [SchedulerEvent] = []
}

/// A pod's name is made of its launch alone, so that whoever makes it makes the same one.
struct PodName: Hashable, Comparable, CustomStringConvertible {
    let launch: LaunchID
    /// With ``Breakage/ownPodNames``: who makes it.
    let maker: Int64

    var description: String { "\(launch.tryID)-\(launch.number)" + (maker == 0 ? "" : "-\(maker)") }

    static func < (left: PodName, right: PodName) -> Bool {
        (left.launch.tryID, left.launch.number, left.maker) < (right.launch.tryID, right.launch.number, right.maker)
    }
}
