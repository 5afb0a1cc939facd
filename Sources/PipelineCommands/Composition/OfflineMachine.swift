import PipelineCore

/// The state machine in a command that changes runs while no scheduler runs: with no slot free it decides what changes
/// and starts nothing.
enum OfflineMachine {
    static func make() -> SchedulerStateMachine {
        var limits = SchedulerLimits()
        limits.parallelism = 0
        return SchedulerStateMachine(limits: limits, pools: [], seed: UInt64.random(in: .min ... .max))
    }

    static func changes(_ actions: [SchedulerAction]) -> [StoreChange] {
        actions.compactMap { if case .store(let change) = $0 { change } else { nil } }
    }
}
