import Testing

@testable import Stages

@Suite struct ProcessUsageTests {
    /// Not `ru_maxrss`: a program started by a large one would show that one's memory (a benchmark did).
    @Test func peakMemoryIsThatOfTheProgramItself() {
        let status = "Name:\tpipeline\nVmPeak:\t  900000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n"
        #expect(ProcessUsage.peakResident(status: status) == 2 << 20)
        #expect(ProcessUsage.peakResident(status: "Name:\tpipeline\n") == nil)
        let peak = ProcessUsage.now().peakResidentBytes
        #expect((1 << 20...64 << 30).contains(peak))
    }
}
