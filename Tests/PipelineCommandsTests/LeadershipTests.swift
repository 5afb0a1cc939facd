import Glibc
import Testing

@testable import PipelineCommands

@Suite struct LeadershipTests {
    @Test func aHolderIsReadAsItIsWritten() {
        let holder = LeaseHolder.current
        #expect(LeaseHolder(text: holder.text) == holder)
        #expect(LeaseHolder.shown(holder.text) == "\(holder)")
        #expect(LeaseHolder(text: "host:12") == nil)
        #expect(LeaseHolder.shown("host:12") == "host:12")
    }

    @Test func onlyAProcessOfThisSpaceIsKnownToHaveEnded() {
        var holder = LeaseHolder.current
        #expect(!holder.hasEnded)
        // The number has passed to another process.
        holder.startTime -= 1
        #expect(holder.hasEnded)
        holder.space = "another boot/pid:[1]"
        #expect(!holder.hasEnded)
    }

    @Test func aTermCountsFromTheQuestionNotFromTheAnswer() {
        let start = ContinuousClock.now
        let term = LeaseTerm(.seconds(5), from: start)
        #expect(!term.isOver(at: start + .seconds(4)))
        #expect(term.isOver(at: start + .seconds(5)))
        term.renew(askedAt: start + .seconds(2))
        #expect(!term.isOver(at: start + .seconds(6)))
        #expect(term.isOver(at: start + .seconds(7)))
        // Answers may come in any order.
        term.renew(askedAt: start + .seconds(1))
        #expect(!term.isOver(at: start + .seconds(6)))
    }
}
