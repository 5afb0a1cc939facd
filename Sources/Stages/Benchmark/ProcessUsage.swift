import Glibc

/// What this process has used.
struct ProcessUsage: Sendable {
    /// Seconds of processor time of all threads, user and system.
    var processorSeconds: Double
    /// The most memory that was resident at once.
    var peakResidentBytes: Int

    static func now() -> ProcessUsage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessUsage(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            // Linux counts in KiB. `ru_maxrss` is more than ours: it is inherited from who started this process.
            peakResidentBytes: peakResident() ?? Int(usage.ru_maxrss) << 10)
    }

    private static func peakResident() -> Int? {
        (try? FileIO.readProc("/proc/self/status")).flatMap(peakResident(status:))
    }

    /// Bytes of the line `VmHWM` (proc(5)).
    static func peakResident(status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }

    /// Seconds since the process was started, in steps of a clock tick (10 ms); `nil` where /proc does not tell.
    static func secondsSinceStart() -> Double? {
        guard let text = try? FileIO.readProc("/proc/self/stat"), let bracket = text.lastIndex(of: ")") else {
            return nil
        }
        // After the program's name in brackets comes field 3; `starttime` is field 22 (proc(5)).
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 19, let ticks = Double(fields[19]) else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        let uptime = Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
        return uptime - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
