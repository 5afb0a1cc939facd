import PipelineCore
import Testing

@testable import K8sPodExecutor

/// What launches have left goes when they are over and in the store, in whichever order that is told.
struct LaunchLedgerTests {
    private let run = RunKey(dagID: "d", runID: "r")
    private func launch(_ number: Int, try tryID: UInt64 = 1) -> LaunchID {
        LaunchID(tryID: UUID7(high: tryID, low: 1), number: number)
    }

    private func ledger(_ launches: LaunchID...) -> LaunchLedger<String> {
        var ledger = LaunchLedger<String>()
        for launch in launches { ledger.begin(launch, of: run) }
        return ledger
    }

    @Test func bothOrdersLetGo() {
        var ledger = ledger(launch(1))
        #expect(ledger.settle(launch(1), ["a"]) == [] && ledger.isInHand(launch(1)))
        #expect(ledger.endIsDurable(launch(1)) == ["a"] && !ledger.isInHand(launch(1)))
        ledger.begin(launch(2), of: run)
        #expect(ledger.endIsDurable(launch(2)) == [])
        #expect(ledger.settle(launch(2), ["b"]) == ["b"])
    }

    @Test func aLaterEndIsThatOfEarlierLaunchesOfTheSameTry() {
        var ledger = ledger(launch(1), launch(2), launch(1, try: 2))
        _ = ledger.settle(launch(1), ["a"])
        #expect(ledger.settle(launch(1, try: 2), ["other"]) == [])
        #expect(ledger.endIsDurable(launch(2)) == ["a"])
        #expect(ledger.isInHand(launch(2)))
    }

    @Test func aLaunchThatIsRunTwiceIsOverWhenBothAre() {
        var ledger = ledger(launch(1), launch(1))
        #expect(ledger.endIsDurable(launch(1)) == [])
        #expect(ledger.settle(launch(1), ["a"]) == [])
        #expect(ledger.settle(launch(1), ["a"]) == ["a"])
    }

    @Test func aShutdownLeavesNothingToGo() {
        var ledger = ledger(launch(1))
        #expect(ledger.settle(launch(1), []) == [] && !ledger.isInHand(launch(1)))
        #expect(ledger.endIsDurable(launch(1)) == [])
    }

    @Test func aRunThatEndsTakesWhatIsOver() {
        var ledger = ledger(launch(1), launch(1, try: 2))
        _ = ledger.settle(launch(1), ["a"])
        #expect(ledger.runEnded(RunKey(dagID: "d", runID: "other")) == [])
        #expect(ledger.runEnded(run) == ["a"])
        #expect(ledger.isInHand(launch(1, try: 2)) && !ledger.isInHand(launch(1)))
    }
}

/// A few begin at a time, in order.
struct StartQueueTests {
    @Test func placesAreHandedOnInOrder() {
        let queue = StartQueue(places: 2)
        let begun = Warnings()
        for number in 1...5 { queue.enter { begun.note("\(number)") } }
        #expect(begun.all == ["1", "2"])
        queue.leave()
        #expect(begun.all == ["1", "2", "3"])
        for _ in 0..<4 { queue.leave() }
        #expect(begun.all == ["1", "2", "3", "4", "5"])
        queue.enter { begun.note("6") }
        queue.enter { begun.note("7") }
        queue.enter { begun.note("8") }
        #expect(begun.all == ["1", "2", "3", "4", "5", "6", "7"])
    }

    @Test func aSignalIsHeardOnce() {
        let (signal, heard) = (Signal(), Warnings())
        signal.raise()
        signal.raise()
        signal.whenRaised { heard.note("before") }
        signal.whenRaised { heard.note("after") }
        #expect(heard.all == ["before"])
        signal.raise()
        signal.raise()
        #expect(heard.all == ["before", "after"])
    }
}
