/// A run in the machine. A class, so that parts of the machine can hold it without ever copying its instances; it never
/// leaves the machine, which itself cannot be copied.
final class RunExecution {
    var run: DAGRun
    private(set) var plan: DAGPlan
    var slots: [TaskSlot]
    var instances: [Instance] = []
    var xcoms = XComLedger()
    /// Unfinished instances.
    var unfinished = 0
    /// Instances that wait for their dependencies.
    var pending = 0
    /// Instances up for retry or reschedule.
    var waiting = 0
    /// Instances with a process: counts for `max_active_tasks`.
    var occupied = 0
    var buckets: [AdmissionBucket] = []
    var bucketIndexes: [AdmissionBucket.Key: Int] = [:]
    /// The run before as the store knew it when this run came.
    var previous: RunSnapshot.PreviousRun?
    /// The run before, where it is in the machine.
    var livePrevious: RunExecution?
    /// It is, or was, the run before of another one in the machine.
    var isPrevious = false
    /// A timer waits for `run_after`.
    var hasStartTimer = false
    /// Its logical date has come; a clock that is set back does not undo that.
    var isDue = false
    var isDirty = false
    var isTouched = false
    var isReady = false
    /// Finished when it was loaded: kept for a request that is to come.
    var isKept = false
    /// The machine has let go of it; timers may still name it.
    var isForgotten = false

    init(run: DAGRun, plan: DAGPlan) {
        self.run = run
        self.plan = plan
        slots = []
        take(plan)
    }

    /// Begins anew with a plan: without instances, and with nothing counted but what has a process.
    func take(_ plan: DAGPlan) {
        self.plan = plan
        (instances, buckets, bucketIndexes, isReady) = ([], [], [:], false)
        (unfinished, pending, waiting) = (0, 0, 0)
        slots = [TaskSlot](repeating: TaskSlot(), count: plan.tasks.count)
        for position in slots.indices where !plan.tasks[position].upstreamNeedsExpansion {
            expectUpstreamTasks(of: position)
        }
    }

    /// Where no upstream task is mapped, tasks are counted, whether or not they have an instance in this run.
    private func expectUpstreamTasks(of position: Int) {
        for upstream in plan.tasks[position].upstream {
            slots[position].upstream.expect(isSetup: plan.dag.tasks[Int(upstream)].isSetup)
        }
    }

    var hasProcesses: Bool { occupied > 0 }

    func definition(_ position: some BinaryInteger) -> TaskDefinition { plan.dag.tasks[Int(position)] }

    func instanceIndex(_ taskID: String, _ mapIndex: Int) -> Int? {
        plan.dag.position(of: taskID).flatMap { slots[$0].instance(mapIndex) }
    }
}
