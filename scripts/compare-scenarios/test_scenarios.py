"""Tests of the comparison itself: what it lets through, and what it must not."""

from __future__ import annotations

import copy
import datetime
import importlib.util
import pathlib
import tempfile
import unittest

import comparison
import records
import rules
from player import KILL_STEPS, LIMIT_SECONDS, QUIET_SECONDS, Player
from scenarios import SCENARIOS
from steps import Answer, End, Event, Run, Settle, Unpause, Wait

SPECIFICATION = importlib.util.spec_from_file_location("main", pathlib.Path(__file__).with_name("__main__.py"))
main = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(main)

FIRST, LAST = "2026-03-01T10:00:00.000001Z", "2026-03-01T10:00:05.5Z"


def run(**changed: object) -> dict:
    return {
        "dag_id": "d", "run_id": "hand_1", "run_type": "manual", "state": "success", "triggered_by": "cli", "conf": {},
        "partition_key": None, "partition_date": None, "logical_date": None, "run_after": "2026-03-01T00:00:00Z",
        "data_interval_start": None, "data_interval_end": None,
    } | changed


def event(timestamp: str = FIRST, **changed: object) -> dict:
    return {
        "id": 1, "name": "a", "uri": "s3://a", "extra": {}, "partition_key": None, "timestamp": timestamp, "source_dag_id": "p",
        "source_run_id": "hand_1", "source_task_id": "t", "source_map_index": -1,
    } | changed


def task(**changed: object) -> dict:
    return {"task_id": "t", "map_index": -1, "state": "success", "try_number": 1} | changed


def answered(timestamp: float) -> dict:
    return rules.INSTANT_FORM | {"__data__": rules.INSTANT_FORM["__data__"] | {"timestamp": timestamp}}


class Records(unittest.TestCase):
    def test_instants_of_a_schedule_are_kept_in_one_spelling(self) -> None:
        for text in ("2026-03-01T00:00:00Z", "2026-03-01T01:00:00+01:00"):
            found = records.plain_run(run(logical_date=text), [], [])
            self.assertEqual(found["logical_date"], "2026-03-01T00:00:00+00:00")

    def test_instants_of_the_clock_are_told_by_what_they_equal(self) -> None:
        consumed = [event(FIRST), event("2026-03-01T10:00:03.25Z"), event(LAST)]
        found = records.plain_run(run(data_interval_start=FIRST, data_interval_end=LAST), [], consumed)
        self.assertEqual((found["data_interval_start"], found["data_interval_end"]),
                         ("<timestamp of event 0>", "<timestamp of event -1>"))
        found = records.plain_run(run(logical_date=FIRST, data_interval_start=FIRST, data_interval_end=LAST), [], [])
        self.assertEqual((found["logical_date"], found["data_interval_start"], found["data_interval_end"]),
                         ("<clock>", "<logical_date>", "<clock>"))

    def test_runs_by_assets_come_soon_after_their_last_event(self) -> None:
        for text, told in (("2026-03-01T10:00:00.5Z", "<last event>"), ("2026-03-01T09:59:59.5Z", "<clock>"),
                           ("2026-03-01T10:00:30.5Z", "<clock>")):
            found = records.plain_run(run(run_type="asset_triggered", run_after=text), [], [event(FIRST)])
            self.assertEqual(found["run_after"], told)
        late = run(run_type="asset_triggered", run_after="2026-03-01T10:00:30.5Z", partition_key="us")
        self.assertEqual(records.plain_run(late, [], [event(FIRST)])["run_after"], "<last event>")

    def test_only_events_from_outside_lose_the_mark_of_rest(self) -> None:
        marked = {"a": 1, "from_rest_api": True}
        self.assertEqual(records.event(event(source_dag_id=None, extra=marked))["extra"], {"a": 1})
        self.assertEqual(records.event(event(extra=marked))["extra"], marked)

    def test_only_the_way_of_runs_by_hand_is_left_out(self) -> None:
        self.assertIsNone(records.plain_run(run(triggered_by="rest_api"), [], [])["triggered_by"])
        for changed in ({"triggered_by": "asset"}, {"run_type": "scheduled"}):
            self.assertIsNotNone(records.plain_run(run(**changed), [], [])["triggered_by"])


class Rules(unittest.TestCase):
    def test_run_ids_of_the_clock_lose_it(self) -> None:
        for text in ("manual__2026-03-01T10:00:00.123456+00:00", "manual__2026-03-01T10:00:00.123456+00:00_aB3dE6gH"):
            self.assertEqual(rules.run_id(text), "manual__<clock>")
        for text in ("scheduled__2026-03-01T00:00:00+00:00", "hand_1", "other__2026-03-01T10:00:00.1+00:00", None):
            self.assertEqual(rules.run_id(text), text)

    def test_a_printed_extra_loses_the_mark_of_rest_only(self) -> None:
        printed = '{"from_rest_api": true, "hi": "three"}'
        self.assertEqual(rules.xcom("extras-read", "return_value", printed), '{"hi": "three"}')
        self.assertEqual(rules.xcom("extras", "return_value", printed), printed)

    def test_answers_keep_all_but_user_and_instant(self) -> None:
        def value(**changed: object) -> dict:
            user = {"id": "1", "name": "x"}
            return {"chosen_options": ["OK"], "responded_at": answered(1.5), "responded_by_user": user} | changed

        plain = rules.xcom("people", "return_value", value())
        other = value(responded_at=answered(2.5), responded_by_user={"id": "2", "name": "y"})
        self.assertEqual(rules.xcom("people", "return_value", other), plain)
        others = ({"chosen_options": ["No"]}, {"responded_at": None}, {"responded_at": answered(1)}, {"responded_by_user": None})
        for changed in others:
            self.assertNotEqual(rules.xcom("people", "return_value", value(**changed)), plain)
        self.assertEqual(rules.xcom("deferral", "return_value", value()), value())


class Comparison(unittest.TestCase):
    @staticmethod
    def side(runs: list[dict], events: list[dict] = ()) -> dict:
        plain = [records.plain_run(one, [task()], [event()]) for one in runs]
        return {"runs": plain, "events": [records.event(one) for one in events]}

    def test_order_does_not_matter_and_numbers_do(self) -> None:
        one, two = run(), run(run_id="hand_2")
        self.assertEqual(comparison.differences(self.side([one, two]), self.side([two, one])), [])
        self.assertEqual(len(comparison.differences(self.side([one, one]), self.side([one]))), 1)
        self.assertEqual(len(comparison.differences(self.side([one], [event()]), self.side([one]))), 1)

    def test_each_field_counts(self) -> None:
        same = self.side([run()])
        for name, value in (("state", "failed"), ("type", "backfill"), ("conf", {"a": 1}), ("tasks", [["t", -1, "success", 2]]),
                            ("events", []), ("logical_date", "<clock>"), ("partition_date", "x"), ("triggered_by", "asset")):
            with self.subTest(name):
                other = copy.deepcopy(same)
                other["runs"][0][name] = value
                found = comparison.differences(same, other)
                self.assertEqual(len(found), 1)
                self.assertIn(f"d hand_1: {name}: Airflow", found[0])

    def test_events_keep_extra_and_source(self) -> None:
        others = ({"extra": {"a": 1}}, {"source_task_id": "u"}, {"source_map_index": 0}, {"partition_key": "k"}, {"name": "b"})
        for changed in others:
            self.assertNotEqual(records.event(event()), records.event(event(**changed)))


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeSide:
    """Writes down what is asked of it; `at` maps seconds to the runs from then on."""

    def __init__(self, clock: FakeClock, at: dict[float, list[dict]]) -> None:
        self.clock, self.at, self.did = clock, at, []

    def runs(self) -> list[dict]:
        return self.at[max(second for second in self.at if second <= self.clock.now)]

    def tasks(self, dag_id: str, run_id: str) -> list[dict]:
        return [task(state="success" if self.clock.now >= 5 else "running")]

    def asks(self, step: Answer) -> bool:
        return self.clock.now >= 3

    def __getattr__(self, name: str):
        return lambda *words: self.did.append((name, self.clock.now, *words))


class Playing(unittest.TestCase):
    def play(self, at: dict[float, list[dict]], *steps: object, kill=None) -> FakeSide:
        clock = FakeClock()
        side = FakeSide(clock, at)
        Player(side, kill and (lambda: side.did.append(("kill", clock.now))), clock).play(steps)
        return side

    def test_settling_waits_for_late_runs_and_their_end(self) -> None:
        at = {0: [], 4: [run(state="running")], 20: [run()]}
        side = self.play(at, Settle(), Unpause("d"))
        self.assertEqual(side.did, [("unpause", 20 + QUIET_SECONDS + 1, "d")])

    def test_a_run_that_never_ends_is_named(self) -> None:
        with self.assertRaisesRegex(RuntimeError, f"waited {LIMIT_SECONDS} s for all runs to be over.*hand_1.*running"):
            self.play({0: [run(state="running")]}, Settle())

    def test_answers_and_waits_come_when_it_is_time(self) -> None:
        answer = Answer("d", "hand_1", "t", ["OK"])
        side = self.play({0: [run()]}, answer, Wait("d", "manual", "t", "success"), End("d", "hand_1"))
        self.assertEqual(side.did, [("answer", 3, answer), ("end", 5, "d", "hand_1")])

    def test_a_word_for_two_runs_is_refused(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "2 runs"):
            self.play({0: [run(), run(run_id="hand_2")]}, End("d", "manual"))

    def test_kills_come_before_every_third_step_that_does_something(self) -> None:
        steps = [part for _ in range(7) for part in (Event("a"), Wait("d", "hand_1", "t", "success"))]
        side = self.play({0: [run()]}, *steps, kill=True)
        names = [name for name, *_ in side.did]
        self.assertEqual(names.count("kill"), 7 // KILL_STEPS)
        self.assertEqual(names[:4], ["create_event", "create_event", "kill", "create_event"])


class Reuse(unittest.TestCase):
    def test_recordings_of_a_daily_schedule_are_good_for_their_day(self) -> None:
        daily = next(one for one in SCENARIOS if one.by_day)
        other = next(one for one in SCENARIOS if not one.by_day)
        day, next_day = datetime.date(2026, 3, 1), datetime.date(2026, 3, 2)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "airflow.json"
            with self.assertRaisesRegex(RuntimeError, "missing: compare once without --reuse"):
                main.reused(path, daily, day)
            path.write_text('{"day": "2026-03-01"}')
            self.assertEqual(main.reused(path, daily, day), main.reused(path, other, next_day))
            with self.assertRaisesRegex(RuntimeError, "is of 2026-03-01"):
                main.reused(path, daily, next_day)


class Table(unittest.TestCase):
    def test_names_are_unique_and_every_scenario_settles_last(self) -> None:
        self.assertEqual(len({one.name for one in SCENARIOS}), len(SCENARIOS))
        for one in SCENARIOS:
            self.assertIsInstance(one.steps[-1], Settle, one.name)

    def test_run_ids_are_given_once(self) -> None:
        for one in SCENARIOS:
            given = [(step.dag_id, step.run_id) for step in one.steps if isinstance(step, Run) and step.run_id]
            self.assertEqual(len(set(given)), len(given), one.name)


if __name__ == "__main__":
    unittest.main()
