import PipelineCore
import Testing

/// Which triggers need no Python, by their serialized arguments (recorded from Airflow 3.3.2).
@Suite struct TimeTriggerTests {
    private static let start = Timestamp(seconds: 1_000)
    private static let moment: JSONValue = [
        "__classname__": "pendulum.datetime.DateTime", "__version__": 2,
        "__data__": [
            "timestamp": 1795837697.489804,
            "tz": [
                "__classname__": "builtins.tuple", "__version__": 1,
                "__data__": ["UTC", "pendulum.tz.timezone.Timezone", 1, true],
            ],
        ],
    ]

    private func trigger(_ name: String, _ kwargs: JSONValue) -> TimeTrigger? {
        var task = TaskInstance(
            id: UUID7(high: 1, low: 2), key: TaskInstanceKey(run: RunKey(dagID: "d", runID: "r"), taskID: "t"))
        task.triggerClass = "airflow.providers.standard.triggers.temporal." + name
        task.triggerKwargs = kwargs
        task.startDate = Self.start
        return TimeTrigger(task)
    }

    @Test(
        arguments: [
            ("DateTimeTrigger", ["moment": moment, "end_from_trigger": true], 1_795_837_697.489804),
            (
                "DateTimeTrigger",
                ["__type": "dict", "__var": ["moment": ["__type": "datetime", "__var": 5.5], "end_from_trigger": true]],
                5.5
            ),
            ("DateTimeTrigger", ["target_time": "1970-01-01T01:00:10+01:00", "end_from_trigger": true], 10),
            (
                "TimeDeltaTrigger",
                ["__type": "dict", "__var": ["delta": ["__type": "timedelta", "__var": 60.0], "end_from_trigger": true]],
                1_060
            ),
        ] as [(String, JSONValue, Double)])
    func timesAreRead(_ name: String, _ kwargs: JSONValue, _ seconds: Double) {
        let trigger = trigger(name, kwargs)
        #expect(trigger?.moment == Timestamp(seconds: seconds))
        #expect(trigger?.outcome == .taskSucceeded)
    }

    @Test(
        arguments: [
            ("DateTimeTrigger", ["target_time": "{{ data_interval_end }}"]),
            ("DateTimeTrigger", ["target_time": "2026-01-01T00:00:00"]), ("DateTimeTrigger", ["target_time": "2026-01-01"]),
            ("DateTimeTrigger", ["moment": ""]), ("DateTimeTrigger", ["moment": moment, "further": 1]),
            ("DateTimeTrigger", ["end_from_trigger": true]), ("OwnTrigger", ["moment": moment]),
            ("DateTimeTrigger", "gAAAAABtoken"), ("DateTimeTrigger", ["moment": moment, "end_from_trigger": "yes"]),
            ("DateTimeTrigger", ["moment": ["__type": "datetime", "__var": .double(.nan)]]),
        ] as [(String, JSONValue)])
    func whatOnlyPythonUnderstandsGoesToPython(_ name: String, _ kwargs: JSONValue) {
        #expect(trigger(name, kwargs) == nil)
    }
}
