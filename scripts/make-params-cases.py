"""Writes Tests/Fixtures/params/cases.json: schemas and values, and what Airflow says of them.

Run it in an environment with apache-airflow 3.3. Each case is {schema, value, error}; `error` is null where the value
is accepted, else {rules, message}: the words of the schema that refuse it, and the message of the one refusal, where it
is only one.
"""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

VALUES = [
    None, True, False, 0, 1, -1, 2, 3, 7, 10, 2**53, 1.0, 0.5, 2.5, -0.0, 1e300, "", "a", "ab", "abc", "ABC", "a1",
    "äöü", "日本", "👩‍🚀", "a\nb", "it's", "2026-01-31", "2026-02-30", "2026-1-1", "20260101", "12:13:14", "1:2:3",
    "24:00:00", "12:13", "23:59:60", "2026-01-31T10:00:00Z", "yesterday", "PT15M", "P1DT2H", "P", "PT", "P1W", "P1W2D",
    "-P1D", "P1H", "PT1.5S", "P1,5D", "P1M1Y", "PT5", "a@b", "1.2.3.4", "1.2.3.256", "01.2.3.4", "::1", "fe80::1%eth0",
    "1::2::3", "[a", "a|b", "12345678-1234-5678-1234-567812345678", "12345678123456781234567812345678", "example.org",
    "-x.org", [], [1], [1, 1], [1, True], [1, 1.0], ["a", "b"], ["a", 1], [1, 2, 3], [[1], [1]], [{"a": 1}, {"a": 1.0}],
    {}, {"a": 1}, {"a": "x"}, {"a": 1, "b": 2}, {"b": 2}, {"a": None}, {"a": {"b": [1]}}, {"x-1": 1}, {"a": 1, "c": "z"},
]
SCHEMAS = [
    {}, {"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"},
    {"type": "array"}, {"type": "object"}, {"type": ["string", "null"]}, {"type": ["integer", "array", "null"]},
    {"enum": ["a", 1, None]}, {"enum": [1.0, True]}, {"enum": [[1], {"a": 1}]}, {"const": 1}, {"const": True},
    {"const": None}, {"const": {"a": 1.0}}, {"minimum": 1}, {"maximum": 2}, {"exclusiveMinimum": 1},
    {"exclusiveMaximum": 2.5}, {"minimum": 0, "maximum": 5}, {"multipleOf": 2}, {"multipleOf": 0.5}, {"multipleOf": 0.1},
    {"minLength": 1}, {"minLength": 2}, {"maxLength": 2}, {"minLength": 3, "maxLength": 3}, {"pattern": "^a"},
    {"pattern": "b$"}, {"pattern": "^[a-z]+[0-9]?$"}, {"pattern": r"\d{4}-\d{2}"}, {"pattern": "^.$"}, {"pattern": "(?i)abc"},
    {"format": "date"}, {"format": "time"}, {"format": "date-time"}, {"format": "duration"}, {"format": "email"},
    {"format": "ipv4"}, {"format": "ipv6"}, {"format": "regex"}, {"format": "uuid"}, {"format": "multiline"},
    {"minItems": 1}, {"minItems": 2}, {"maxItems": 1}, {"maxItems": 0}, {"uniqueItems": True}, {"uniqueItems": False},
    {"items": {"type": "integer"}}, {"items": False}, {"prefixItems": [{"type": "integer"}, {"type": "boolean"}]},
    {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, {"contains": {"type": "string"}},
    {"contains": {"minimum": 2}, "minContains": 2}, {"contains": {"type": "integer"}, "maxContains": 1},
    {"contains": {"type": "string"}, "minContains": 0}, {"required": ["a"]}, {"required": ["a", "b"]},
    {"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {}}, "additionalProperties": False},
    {"additionalProperties": {"type": "integer"}}, {"patternProperties": {"^x-": {"type": "string"}}},
    {"patternProperties": {"^x-": {}}, "additionalProperties": False}, {"propertyNames": {"maxLength": 1}},
    {"minProperties": 1}, {"minProperties": 2}, {"maxProperties": 1}, {"dependentRequired": {"a": ["b"]}},
    {"dependentSchemas": {"a": {"required": ["b"]}}}, {"anyOf": [{"type": "string"}, {"minimum": 2}]},
    {"oneOf": [{"type": "integer"}, {"minimum": 2}]}, {"allOf": [{"type": "integer"}, {"minimum": 2}]},
    {"not": {"type": "string"}}, {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "integer"}},
    {"if": {"const": 1}, "then": False}, {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}},
    {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"items": {"type": "string"}}}}}},
    {"type": "string", "examples": ["x"], "values_display": {"x": "X"}, "title": "T", "section": "S", "default": 3},
    {"type": ["number", "null"], "enum": [1, 2, 3, None], "values_display": {"1": "One"}},
]


def error(schema, value):
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    found = list(validator.iter_errors(value))
    if not found:
        return None
    answer = {"rules": sorted({item.validator or "false" for item in found})}
    return answer | ({"message": found[0].message} if len(found) == 1 else {})


def main() -> None:
    cases = [{"schema": s, "value": v, "error": error(s, v)} for s in SCHEMAS for v in VALUES]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    path = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "params" / "cases.json"
    path.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
