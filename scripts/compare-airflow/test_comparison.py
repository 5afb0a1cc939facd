"""The comparison finds what differs, and lets through only what a rule names.

    python3 -m unittest discover scripts/compare-airflow
"""

from __future__ import annotations

import copy
import json
import pathlib
import tempfile
import unittest

from comparison import DIFFERENT, EQUAL, LEFT, Side, compare, left_out
from pipeline import Pipeline
from rules import FRESH_DATES


def task(task_id: str, state: str = "success", try_number: int = 1, map_index: int = -1) -> dict:
    return {
        "task_id": task_id, "map_index": map_index, "state": state, "try_number": try_number,
        "operator": "BashOperator", "pool": "default_pool", "queue": "default",
    }


def xcom(task_id: str, value: object, key: str = "return_value", map_index: int = -1) -> dict:
    return {"task_id": task_id, "map_index": map_index, "key": key, "value": value}


def record(dag_id: str, tasks: list[dict], xcoms: list[dict] = (), **more: object) -> dict:
    return {
        "dag_id": dag_id, "outcome": "ended", "state": "success", "logical_date": "2026-11-23T18:41:00Z",
        "data_interval_start": "2026-11-23T18:41:00Z", "data_interval_end": "2026-11-23T18:41:00Z", "conf": {},
        "start_date": "2026-11-23T18:41:01Z", "task_instances": list(tasks), "xcoms": list(xcoms),
    } | more


def verdict(reference: dict, other: dict, places: tuple[dict, dict] = ({}, {})):
    return compare(reference, other, Side(places[0]), Side(places[1]))


class DifferencesAreFound(unittest.TestCase):
    def setUp(self) -> None:
        self.reference = record("some_dag", [task("a"), task("b", map_index=0)], [xcom("a", {"k": [1, True]})])

    def assert_differs(self, change, part: str) -> None:
        other = copy.deepcopy(self.reference)
        change(other)
        found = verdict(self.reference, other)
        self.assertEqual(found.kind, DIFFERENT)
        self.assertEqual(len(found.details), 1, found.details)
        self.assertIn(part, found.details[0])

    def test_equal_records_are_equal(self) -> None:
        self.assertEqual(verdict(self.reference, copy.deepcopy(self.reference)).kind, EQUAL)

    def test_run_state(self) -> None:
        self.assert_differs(lambda other: other.update(state="failed"), "run state")

    def test_data_interval(self) -> None:
        self.assert_differs(lambda other: other.update(data_interval_end="2026-11-24T00:00:00Z"), "data_interval_end")

    def test_task_state_try_and_operator(self) -> None:
        for field, value in {"state": "skipped", "try_number": 2, "operator": "Other", "pool": "p", "queue": "q"}.items():
            with self.subTest(field):
                self.assert_differs(lambda other: other["task_instances"][0].update({field: value}), "task a")

    def test_missing_and_additional_tasks(self) -> None:
        self.assert_differs(lambda other: other["task_instances"].pop(), "task b[0]: missing")
        self.assert_differs(lambda other: other["task_instances"].append(task("c")), "task c: too much")

    def test_missing_additional_and_different_xcoms(self) -> None:
        self.assert_differs(lambda other: other["xcoms"].pop(), "xcom a return_value: missing")
        self.assert_differs(lambda other: other["xcoms"].append(xcom("b", 1, map_index=0)), "xcom b[0] return_value: too")
        for value in ({"k": [1, 1]}, {"k": [1.0, True]}, {"k": [True, 1]}, {"k": [1]}, "text", None):
            with self.subTest(value):
                self.assert_differs(lambda other: other["xcoms"][0].update(value=value), "xcom a return_value")

    def test_outcomes(self) -> None:
        for outcome in ("refused", "not ended", "broken"):
            other = {"dag_id": "some_dag", "outcome": outcome, "reason": "why"}
            self.assertEqual(verdict(self.reference, other).kind, DIFFERENT)
        refused = {"dag_id": "some_dag", "outcome": "refused", "reason": "no value"}
        self.assertEqual(verdict(refused, refused).kind, EQUAL)
        self.assertEqual(verdict(refused, self.reference).kind, DIFFERENT)


class RulesAreNarrow(unittest.TestCase):
    def test_instants_are_compared_as_instants(self) -> None:
        reference = record("d", [])
        self.assertEqual(verdict(reference, record("d", [], logical_date="2026-11-23T19:41:00+01:00")).kind, EQUAL)
        self.assertEqual(verdict(reference, record("d", [], logical_date="2026-11-23T18:41:01Z")).kind, DIFFERENT)

    def test_places_have_one_name(self) -> None:
        reference = record("d", [], [xcom("a", {"folder": "/one/home/dags"})])
        other = record("d", [], [xcom("a", {"folder": "/two/dags"})])
        self.assertEqual(verdict(reference, other, ({"/one/home": "<home>"}, {"/two": "<home>"})).kind, EQUAL)
        self.assertEqual(verdict(reference, other).kind, DIFFERENT)

    def test_random_values_must_have_their_form(self) -> None:
        def run(value: object) -> dict:
            return record("example_task_state_store", [], [xcom("run_job", value)])

        self.assertEqual(verdict(run(100), run(9999)).kind, EQUAL)
        for value in (99, 10_001, "500", 500.0, True, None):
            with self.subTest(value):
                self.assertEqual(verdict(run(100), run(value)).kind, DIFFERENT)

    def test_rules_belong_to_one_dag(self) -> None:
        self.assertEqual(verdict(record("d", [], [xcom("run_job", 1)]), record("d", [], [xcom("run_job", 2)])).kind, DIFFERENT)

    def test_skip_lists_have_no_order(self) -> None:
        def run(followed: list[str]) -> dict:
            return record("d", [], [xcom("a", {"followed": followed}, "skipmixin_key")])

        self.assertEqual(verdict(run(["x", "y"]), run(["y", "x"])).kind, EQUAL)
        self.assertEqual(verdict(run(["x", "y"]), run(["x"])).kind, DIFFERENT)

    def test_fresh_dates_are_not_compared(self) -> None:
        dag_id = next(iter(FRESH_DATES))
        self.assertEqual(verdict(record(dag_id, []), record(dag_id, [], logical_date="2026-11-24T00:00:00Z")).kind, EQUAL)
        self.assertEqual(verdict(record(dag_id, []), record(dag_id, [], state="failed")).kind, DIFFERENT)


class RandomBranches(unittest.TestCase):
    @staticmethod
    def run_of(letter: str, **changed: str) -> dict:
        states = {
            f"{name}_{other}": "success" if other == letter else "skipped"
            for name in ("branch", "follow") for other in "abcd"
        } | changed
        tasks = [task(name, state, 1 if state == "success" else 0) for name, state in states.items()]
        followed = xcom("branching", {"followed": [f"branch_{letter}"]}, "skipmixin_key")
        return record("example_branch_operator", [task("branching"), *tasks], [followed])

    def test_any_way_is_as_good_as_another(self) -> None:
        for letter in "bcd":
            self.assertEqual(verdict(self.run_of("a"), self.run_of(letter)).kind, EQUAL)

    def test_the_way_must_be_followed(self) -> None:
        for change in ({"follow_b": "skipped"}, {"branch_a": "success"}, {"branch_b": "failed"}):
            with self.subTest(change):
                self.assertEqual(verdict(self.run_of("a"), self.run_of("b", **change)).kind, DIFFERENT)

    def test_two_ways_are_one_too_many(self) -> None:
        other = self.run_of("b")
        other["xcoms"][0]["value"] = {"followed": ["branch_a", "branch_b"]}
        self.assertEqual(verdict(self.run_of("a"), other).kind, DIFFERENT)


class LeftOut(unittest.TestCase):
    def test_named_and_unended_dags(self) -> None:
        self.assertEqual(left_out(record("example_sensors", [])).kind, LEFT)
        self.assertEqual(left_out(record("d", [], outcome="not ended", waited_seconds=120)).kind, LEFT)
        self.assertIsNone(left_out(record("d", [])))

    def test_clock_rules_compare_only_the_same_clock(self) -> None:
        def run(start: str) -> dict:
            return record("example_weekday_branch_operator", [task("a")], start_date=start)

        monday, later, tuesday = "2026-11-23T18:41:01Z", "2026-11-23T22:00:00Z", "2026-11-24T10:00:00Z"
        self.assertEqual(verdict(run(monday), run(later)).kind, EQUAL)
        self.assertEqual(verdict(run(monday), run(tuesday)).kind, LEFT)


class Logs(unittest.TestCase):
    """Log files of two sides, written line by line."""

    LINE = {"timestamp": "2026-11-23T18:41:01.5Z", "level": "info", "logger": "airflow.task.hooks.SubprocessHook", "lineno": 1}

    def verdict_of(self, expected: list[dict | str], seen: list[dict | str] | None):
        with tempfile.TemporaryDirectory() as name:
            sides = [pathlib.Path(name) / "one", pathlib.Path(name) / "two"]
            for folder, lines in zip(sides, (expected, seen)):
                path = folder / "dag_id=d" / "run_id=r" / "task_id=a" / "attempt=1.log"
                path.parent.mkdir(parents=True)
                if lines is not None:
                    texts = [line if isinstance(line, str) else json.dumps(self.LINE | line) for line in lines]
                    path.write_text("".join(text + "\n" for text in texts))
            run = record("d", [task("a")], run_id="r")
            return compare(run, run, Side({}, sides[0]), Side({}, sides[1]))

    def test_equal_lines(self) -> None:
        lines = [{"event": "Output:"}, {"event": "text"}]
        self.assertEqual(self.verdict_of(lines, [line | {"lineno": 2, "timestamp": "x"} for line in lines]).kind, EQUAL)

    def test_other_text_level_logger_order_and_number(self) -> None:
        lines = [{"event": "Output:"}, {"event": "text"}]
        cases = [
            [{"event": "Output:"}, {"event": "other"}], [{"event": "Output:", "level": "error"}, {"event": "text"}],
            [{"event": "Output:", "logger": "airflow.task.x.Other"}, {"event": "text"}], lines[::-1], lines[:1],
            lines + lines[1:], [], None, [*lines, "no JSON"],
        ]
        for case in cases:
            with self.subTest(case):
                self.assertEqual(self.verdict_of(lines, case).kind, DIFFERENT)

    def test_outcomes_carry_their_exception(self) -> None:
        def failure(text: str) -> dict:
            error = {"exc_type": "ValueError", "exc_value": text}
            return {"logger": "task", "level": "error", "event": "Task failed with exception", "error_detail": [error]}

        self.assertEqual(self.verdict_of([failure("boom")], [failure("boom")]).kind, EQUAL)
        self.assertEqual(self.verdict_of([failure("boom")], [failure("bang")]).kind, DIFFERENT)

    def test_only_pokes_may_repeat(self) -> None:
        poke, line = {"event": "Poking until weekday is in 1"}, {"event": "Poked"}
        self.assertEqual(self.verdict_of([poke], [poke, poke]).kind, EQUAL)
        self.assertEqual(self.verdict_of([line], [line, line]).kind, DIFFERENT)


class RunningAProgram(unittest.TestCase):
    """`pipeline run` stood in for by a shell script, to see how its results and failures are read."""

    def run_program(self, script: str, limit_seconds: float = 20) -> dict:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            program = folder / "program"
            program.write_text("#!/bin/sh\n" + script)
            program.chmod(0o755)
            (folder / "dags").mkdir()
            side = Pipeline(
                program, pathlib.Path("/usr/bin/python3"), folder, folder / "dags", False, "http://127.0.0.1:1", None,
                limit_seconds,
            )
            return side.run(record("d", [], run_id="r", waited_seconds=1))

    def test_a_result_is_read(self) -> None:
        result = json.dumps(record("d", [task("a")]))
        self.assertEqual(self.run_program(f"cat <<'END'\n{result}\nEND\n")["task_instances"], [task("a")])

    def test_the_dates_of_the_recording_are_given(self) -> None:
        found = self.run_program('printf \'{"state": "success", "arguments": "%s"}\' "$*"\n')
        self.assertIn("run d --dags", found["arguments"])
        self.assertIn("--run-id r --logical-date 2026-11-23T18:41:00Z", found["arguments"])

    def test_failures_are_told_apart(self) -> None:
        cases = {
            "exit 64\n": "refused", "echo no json\n": "broken", "exit 139\n": "broken",
            'echo \'{"state": "failed"}\'\n': "broken", 'echo \'{"state": "success"}\'; exit 1\n': "broken",
            'echo \'{"state": "failed"}\'; exit 1\n': "ended",
        }
        for script, outcome in cases.items():
            with self.subTest(script):
                self.assertEqual(self.run_program(script)["outcome"], outcome)

    def test_an_endless_program_is_ended(self) -> None:
        self.assertEqual(self.run_program("sleep 60\n", limit_seconds=0.5)["outcome"], "not ended")


if __name__ == "__main__":
    unittest.main()
