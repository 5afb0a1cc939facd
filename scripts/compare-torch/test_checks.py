"""Tests of what needs no PyTorch: python3 -m unittest discover scripts/compare-torch"""

import unittest
from unittest import mock

import speed
from checks import Check, table
from operations import checks
from speed import BusyCores


class CheckTests(unittest.TestCase):
    def test_bars_hold_at_their_ends(self):
        self.assertTrue(Check("a", 1.0, at_most=1.0).passed)
        self.assertTrue(Check("a", 1.0, at_least=1.0).passed)
        self.assertFalse(Check("a", 1.1, at_most=1.0).passed)
        self.assertFalse(Check("a", float("nan"), at_most=1.0).passed)
        self.assertTrue(Check("a", 9.0).passed)

    def test_table_shows_misses(self):
        text = table([Check("speed", 1.5, at_least=1.8), Check("seconds", 2.0)])
        self.assertIn("speed    1.5    >= 1.8  MISSED", text)
        self.assertTrue(text.endswith("seconds  2"))

    def test_the_worst_case_of_an_operation_counts(self):
        rows = [
            {"operation": "linear", "result": "y", "error": 1e-7, "bound": 1e-6, "case": "a", "device": "cpu"},
            {"operation": "linear", "result": "y", "error": 5e-7, "bound": 1e-6, "case": "b", "device": "cpu"},
            {"operation": "relu", "result": "y", "error": -1, "bound": 0.0, "case": "c", "device": "cpu"},
        ]
        linear, relu = checks(rows)
        self.assertEqual((linear.value, linear.note), (5e-7, "b on cpu"))
        self.assertFalse(relu.passed)


class BusyCoresTests(unittest.TestCase):
    def test_the_other_work_lasts_as_long_as_the_block(self):
        with BusyCores() as others:
            self.assertEqual([process.poll() for process in others.processes], [None, None])
        self.assertTrue(others.alive)
        self.assertEqual([process.returncode for process in others.processes], [-9, -9])

    def test_work_that_ended_early_is_noticed(self):
        with BusyCores() as others:
            others.processes[0].kill()
            others.processes[0].wait()
        self.assertFalse(others.alive)

    def test_both_sides_are_measured_under_load(self):
        events = []

        class Side:
            def benchmark(self, kind, **options):
                events.append((kind, options["threads"], _are_alive()))
                return {"wall_seconds": {"median": 2.0}}

        def _are_alive():
            return all(process.poll() is None for process in started[0].processes)

        started = []

        class Recorded(BusyCores):
            def __enter__(self):
                started.append(self)
                return super().__enter__()

        def theirs(kind, threads, **options):
            events.append((kind, threads, _are_alive()))
            return {"wall_seconds": 3.0}

        with mock.patch.object(speed, "BusyCores", Recorded), mock.patch.object(speed, "torch_side", theirs):
            shown, ratio = speed.loaded_training(Side(), 1)
        self.assertEqual(events, [("train", 2, True), ("train", 2, True)])
        self.assertEqual((shown.value, ratio.value, ratio.passed), (2.0, 1.5, False))


if __name__ == "__main__":
    unittest.main()
