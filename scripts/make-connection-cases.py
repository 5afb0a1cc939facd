"""Writes Tests/Fixtures/connections/cases.json: connection URIs, and what Airflow makes of them.

Run it in an environment with apache-airflow 3.3. Each case is {uri, stored, environment}: the connection as Airflow's
commands read it, with the URI they write for it, and as the Task SDK reads it out of the environment; null where they refuse.
"""

from __future__ import annotations

import json
from pathlib import Path

from airflow.models.connection import Connection as StoredConnection
from airflow.sdk.definitions.connection import Connection as SDKConnection

FIELDS = ("conn_type", "host", "login", "password", "schema", "port", "extra")
URIS = [
    "http://host", "http://user:pw@host:80/schema?a=1&b=x&c=%7B%22d%22%3A1%7D", "http://https://example.com/path",
    "postgresql://u:p%40ss@Host.Example:5432/db%2Fx", "postgres://u:p@h/db?sslmode=require", "my-type://h", "aws://",
    "aws://?region=eu", "x://@:80", "x://:pw@h", "x://u@", "x://h/?__extra__=%7B%22a%22%3A+1%7D",
    "x://h?flag=true&n=null&t=", "x://h/a/b", "x://h:notaport", "x://h:99999", "HTTP://Host", "x://%2Ftmp%2FSock/db",
    "spark://yarn://host:1", "x://a+b:c+d@h?e=f+g", "x://[::1]:80/s", "x://h?a=1&a=2", "x://h#frag", "x://u:p:q@h",
    "x://a@b:c@h", "x://h?a=%5B1%2C2%5D", "x://h?f=1.50", "x://h?%C3%A9=%E2%98%83", "x://%C3%A9:%E2%98%83@h/%C3%A9",
    "a://b://c://d", "a://u@b://c", "x://h:/s", "x://h?a=b=c&d", "google-cloud-platform://?p=x",
]


def described(connection, with_uri: bool) -> dict:
    found = {name: getattr(connection, name) for name in FIELDS}
    return found | ({"uri": connection.get_uri()} if with_uri else {})


def attempt(make, with_uri: bool) -> dict | None:
    try:
        return described(make(), with_uri)
    except Exception:
        return None


def main() -> None:
    cases = [
        {
            "uri": uri,
            "stored": attempt(lambda: StoredConnection(conn_id="c", uri=uri), True),
            "environment": attempt(lambda: SDKConnection.from_uri(uri, conn_id="c"), False),
        }
        for uri in URIS
    ]
    target = Path(__file__).parent.parent / "Tests" / "Fixtures" / "connections" / "cases.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
