import PipelineCore
import Testing

@Suite struct RetryDelayTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func sha1HasTheKnownDigests(_ text: String, _ digest: String) {
        let hex = SHA1.digest(text.utf8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        #expect(hex.joined() == digest)
    }

    /// 600 rules, dates and tries, as `TaskInstance.next_retry_datetime` of Airflow 3.3.2 answered them.
    @Test func everyDelayIsAirflows() throws {
        let cases = try Golden.lines("retry-delays.txt")
        #expect(cases.count == 600)
        for fields in cases {
            var rule = RetryRule()
            rule.delay = Duration(fractionalSeconds: try #require(Double(fields[0])))
            rule.exponentialBackoff = try #require(Double(fields[1]))
            rule.maximumDelay = Double(fields[2]).map { Duration(fractionalSeconds: $0) }
            let date = Timestamp(iso8601: fields[4])
            #expect((date == nil) == (fields[4] == "-"))
            let delay = RetryDelay.delay(
                rule, dagID: "a_dag", taskID: "a.task", logicalDate: date, tryNumber: try #require(Int(fields[3])))
            #expect(delay.inSeconds == Double(fields[5]), "\(fields)")
        }
    }
}
