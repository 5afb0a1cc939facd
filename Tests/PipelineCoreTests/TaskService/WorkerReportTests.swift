import PipelineCore
import Synchronization
import Testing

struct WorkerReportTests {
    private static let id = LaunchID(tryID: UUID7(high: 1, low: 2), number: 1)
    private static let process = StartedProcess(
        hostname: "pod-1", unixname: "airflow", pid: 7, pidStartTime: nil, at: Timestamp(seconds: 1))

    private func code(_ body: () throws -> Void) -> TaskServiceError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? TaskServiceError)?.code
        }
    }

    /// An answer that was lost makes a worker say the same again.
    @Test func theSameSaidTwiceIsNoContradiction() throws {
        var report = WorkerReport()
        var later = Self.process
        later.at = Timestamp(seconds: 2)
        for process in [Self.process, later] { try report.add(.running(process)) }
        for _ in 0..<2 { try report.add(.pushed(key: "return_value")) }
        for _ in 0..<2 { try report.add(.ended(.success())) }
        #expect(report.process == Self.process && report.xcomKeys == ["return_value"] && report.outcome == .success())
    }

    @Test func whatContradictsEarlierReportsIsRefused() throws {
        var report = WorkerReport()
        #expect(code { try report.add(.ended(.success())) } == .conflict, "it has not begun")
        #expect(code { try report.add(.pushed(key: "a")) } == .conflict)
        try report.add(.running(Self.process))
        var other = Self.process
        other.pid = 8
        #expect(code { try report.add(.running(other)) } == .conflict, "a second worker of one launch")
        try report.add(.ended(.skipped()))
        #expect(code { try report.add(.ended(.success())) } == .conflict)
        #expect(code { try report.add(.running(Self.process)) } == .conflict)
        #expect(code { try report.add(.pushed(key: "a")) } == .conflict)
        #expect(report.outcome == .skipped())
    }

    @Test func anotherWorkerOfALaunchBeginsAnewUnlessItIsOver() throws {
        let book = WorkerReportBook()
        #expect(!book.restart(Self.id), "nobody follows it")
        book.open(Self.id) {}
        try book.take(.running(Self.process), of: Self.id)
        #expect(book.restart(Self.id) && book.report(of: Self.id) == WorkerReport())
        var second = Self.process
        second.hostname = "pod-2"
        try book.take(.running(second), of: Self.id)
        try book.take(.ended(.success()), of: Self.id)
        #expect(!book.restart(Self.id) && book.report(of: Self.id).outcome == .success())
    }

    @Test func onlyLaunchesThatAreFollowedAreHeard() throws {
        let book = WorkerReportBook()
        #expect(code { try book.take(.running(Self.process), of: Self.id) } == .gone)
        let changes = Atomic(0)
        book.open(Self.id) { changes.add(1, ordering: .relaxed) }
        try book.take(.running(Self.process), of: Self.id)
        #expect(code { try book.take(.pushed(key: "a"), of: LaunchID(tryID: Self.id.tryID, number: 2)) } == .gone)
        #expect(code { try book.take(.running(StartedProcess(hostname: "b", unixname: "u", pid: 1, pidStartTime: nil, at: Self.process.at)), of: Self.id) } == .conflict)
        #expect(changes.load(ordering: .relaxed) == 1, "what is refused changes nothing")
        #expect(book.report(of: Self.id).process == Self.process)
        book.close(Self.id)
        #expect(code { try book.take(.ended(.success()), of: Self.id) } == .gone)
        #expect(book.report(of: Self.id) == WorkerReport())
    }
}
