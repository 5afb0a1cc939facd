import PipelineCore
import Testing

@testable import LocalExecutor

/// Which triggers run, and which wait for room.
@Suite struct TriggerTableTests {
    private func trigger(_ number: Int) throws -> DeferredTrigger {
        var task = TaskInstance(
            id: UUID7(high: 1, low: UInt64(number)),
            key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t\(number)"))
        (task.state, task.triggerClass, task.tryNumber) = (.deferred, "T", 1)
        return try #require(DeferredTrigger(task))
    }

    private func table(_ count: Int, capacity: Int) throws -> TriggerTable {
        var table = TriggerTable(capacity: capacity)
        for number in 0..<count { _ = table.add(.trigger(try trigger(number))) { _ in } }
        return table
    }

    @Test func thoseBeyondTheCapacityWaitInOrder() throws {
        var table = try table(5, capacity: 2)
        let first = table.takeOrders().create.map(\.id)
        #expect(first == [1, 2] && !table.hasOrders)
        let (once, twice) = (table.fire(1), table.fire(1))
        #expect(once != nil && twice == nil)
        #expect(!table.hasOrders)  // Its process has not let go of it.
        table.finished(1)
        var next = table.takeOrders().create.map(\.id)
        #expect(next == [3])
        table.stop(try trigger(3).launch)
        table.finished(2)
        next = table.takeOrders().create.map(\.id)
        #expect(next == [5])  // The fourth was stopped before its turn.
    }

    @Test func aTriggerIsTakenOnce() throws {
        var table = try table(1, capacity: 9)
        let isNew = table.add(.trigger(try trigger(0))) { _ in }
        #expect(!isNew && table.count == 1)
    }

    @Test func whatWasStoppedIsToldSoIfItRuns() throws {
        var table = try table(3, capacity: 2)
        _ = table.takeOrders()
        table.stop(try trigger(0).launch)
        table.stop(try trigger(2).launch)
        let orders = table.takeOrders()
        #expect(orders.cancel == [1] && orders.create.isEmpty)
        #expect(table.isCancelling && table.logPath(1) != nil)
        table.finished(1)
        let report = table.fire(1)
        #expect(!table.isCancelling && table.logPath(1) == nil && report == nil)
    }

    @Test func afterACrashAllBeginAgainBeforeThoseThatWaited() throws {
        var table = try table(4, capacity: 3)
        _ = table.takeOrders()
        _ = table.fire(2)
        table.stop(try trigger(0).launch)
        table.processEnded()
        let again = table.takeOrders().create.map(\.id)
        #expect(again == [3, 4])
    }

    @Test func whatFiredAndRunsOnIsCancelledWhenAsked() throws {
        var table = try table(1, capacity: 3)
        _ = table.takeOrders()
        table.cancelFired(1)
        #expect(!table.hasOrders)
        _ = table.fire(1)
        table.cancelFired(1)
        let cancelled = table.takeOrders().cancel
        #expect(cancelled == [1] && table.isEmpty)
    }

    @Test func aWatcherRestsAndBeginsAgainUntilNobodyWatches() throws {
        var table = TriggerTable(capacity: 9)
        let trigger = EventTrigger(triggerClass: "W", kwargs: ["x": 1], assets: [])
        let (isNew, again) = (table.add(trigger) { _ in }, table.add(trigger) { _ in })
        #expect(isNew && !again)
        _ = table.takeOrders()
        let fired = table.fire(1)
        #expect(fired == nil && table.watcher(1) != nil)
        let rests = table.finished(1)
        #expect(rests && !table.hasOrders && !table.isEmpty)
        table.wake(1)
        table.wake(1)
        var next = table.takeOrders().create.map(\.id)
        #expect(next == [1])
        table.processEnded()
        next = table.takeOrders().create.map(\.id)
        #expect(next == [1])
        table.unwatch(trigger.id)
        let orders = table.takeOrders()
        let restsAgain = table.finished(1)
        #expect(orders.cancel == [1] && table.isEmpty && !restsAgain)
    }

    @Test func whenItIsClosedOnlyWatchersAreHeardAndNothingBegins() throws {
        var table = try table(2, capacity: 1)
        let trigger = EventTrigger(triggerClass: "W", kwargs: [:], assets: [])
        _ = table.add(trigger) { _ in }
        _ = table.takeOrders()
        table.close()
        let (fired, rests) = (table.fire(1), table.finished(3))
        table.wake(3)
        #expect(fired == nil && table.watcher(3) != nil && !rests && !table.hasOrders)
    }

    @Test func aCallbackSaysFirstThatItBegins() throws {
        let call = AsyncCallbackCall(id: UUID7(high: 2, low: 1), run: RunKey(dagID: "d", runID: "r"), path: "p", kwargs: [:])
        var table = try table(1, capacity: 2)
        #expect(table.add(.callback(call)) { _ in })
        let ids = table.takeOrders().create.map(\.id)
        #expect(table.logPath(ids[1]) == "dag_id=d/run_id=r/callbacks.log")
        #expect(table.isBeginning(ids[1], ["state": "running"]) && !table.isBeginning(ids[0], ["state": "running"]))
        #expect(!table.isBeginning(ids[1], ["state": "success"]))
        table.stop(call.launch)
        #expect(table.takeOrders().cancel == [ids[1]])
    }
}
