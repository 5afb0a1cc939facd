"""Tests of what needs no PyTorch: python3 -m unittest discover scripts/compare-torch"""

import unittest

from checks import Check, table
from operations import checks


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


if __name__ == "__main__":
    unittest.main()
