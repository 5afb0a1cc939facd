import Notifications
import PipelineCore
import Testing

/// The setting `notifications`, and what is wrong with it.
@Suite struct NotificationSettingsTests {
    private func targets(_ text: String) throws -> [NotificationTarget] {
        try NotificationSettings.targets(try JSONValue.parse(text))
    }

    @Test func everyFieldIsRead() throws {
        let targets = try targets(
            #"""
            [{"url": "http://a/x", "on": ["failure", "task_failure", "deadline"], "dag_ids": ["d"], "secret": "s"},
             {"url": "http://b", "on": ["success", "long_running"], "long_running_after": 90}]
            """#)
        #expect(targets.map(\.url) == ["http://a/x", "http://b"] && targets.map(\.secret) == ["s", nil])
        #expect(targets[0].rule.events == [.failure, .taskFailure, .deadline] && targets[0].rule.dagIDs == ["d"])
        #expect(targets[1].rule.longRunningAfter == .seconds(90))
        #expect(targets[0].rule.target != targets[1].rule.target)
        #expect(try self.targets("null").isEmpty && self.targets("[]").isEmpty)
    }

    @Test(
        arguments: [
            (#"{}"#, "must be a list"), (#"[1]"#, "notifications[0] must be a mapping"),
            (#"[{"url": "ftp://a", "on": ["failure"]}]"#, "notifications[0].url"),
            (#"[{"url": "http://a"}]"#, "notifications[0].on must be a list of some of success, failure"),
            (#"[{"url": "http://a", "on": []}]"#, "notifications[0].on"),
            (#"[{"url": "http://a", "on": ["fail"]}]"#, #"notifications[0].on: "fail" is none of"#),
            (#"[{"url": "http://a", "on": ["failure"], "dags": []}]"#, "notifications[0].dags is unknown"),
            (#"[{"url": "http://a", "on": ["failure"], "dag_ids": []}]"#, "leave it out for all DAGs"),
            (#"[{"url": "http://a", "on": ["failure"], "secret": ""}]"#, "notifications[0].secret"),
            (#"[{"url": "http://a", "on": ["long_running"]}]"#, "long_running_after must be a whole number"),
            (#"[{"url": "http://a", "on": ["failure"], "long_running_after": 9}]"#, "needs long_running"),
            (
                #"[{"url": "http://a", "on": ["failure"]}, {"url": "http://a", "on": ["success"], "secret": "s"}]"#,
                "notifications[1].secret differs"
            ),
        ])
    func whatIsWrongIsSaidWithItsPlace(_ text: String, _ message: String) throws {
        let error = #expect(throws: NotificationSettingsError.self) { try targets(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
