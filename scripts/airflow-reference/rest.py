"""The few calls of Airflow's public REST API v2 that a recording needs."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request

PAGE = 100
"""Airflow's own limit of rows in one answer ([api] maximum_page_limit)."""

ATTEMPTS = 5
"""How often a request is sent before a server's own fault counts."""


class RESTError(RuntimeError):
    """An answer that is not a success, with its status and the server's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status = status


class REST:
    """A client of one api-server on loopback."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.token: str | None = None

    def log_in(self) -> None:
        """Takes a token from the simple auth manager, which asks for no password when all are admins."""
        self.token = self._send("GET", f"{self.base}/auth/token")["access_token"]

    def get(self, path: str, **query: object) -> dict:
        """GET below /api/v2; values of the query are text or lists of text."""
        suffix = f"?{urllib.parse.urlencode(query, doseq=True)}" if query else ""
        return self._send("GET", f"{self.base}/api/v2/{path}{suffix}")

    def post(self, path: str, body: dict) -> dict:
        """POST of JSON below /api/v2."""
        return self._send("POST", f"{self.base}/api/v2/{path}", body)

    def patch(self, path: str, body: dict) -> dict:
        """PATCH of JSON below /api/v2."""
        return self._send("PATCH", f"{self.base}/api/v2/{path}", body)

    def all(self, path: str, field: str, **query: object) -> list[dict]:
        """All rows of a paged list."""
        rows: list[dict] = []
        while True:
            page = self.get(path, limit=PAGE, offset=len(rows), **query)
            rows += page[field]
            if len(rows) >= page["total_entries"] or not page[field]:
                return rows

    def _send(self, method: str, url: str, body: dict | None = None) -> dict:
        """Sends once more after a 5xx: the server rolls back when another part holds the rows (always so on SQLite)."""
        for attempt in range(ATTEMPTS):
            try:
                return self._send_once(method, url, body)
            except RESTError as error:
                if error.status < 500 or attempt == ATTEMPTS - 1:
                    raise
                time.sleep(1)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _send_once(self, method: str, url: str, body: dict | None) -> dict:
        request = urllib.request.Request(url, method=method)
        request.add_header("Accept", "application/json")
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RESTError(error.code, error.read().decode(errors="replace")) from error


def quoted(identifier: str) -> str:
    """One path segment: run ids carry `+` and `:`, XCom keys anything."""
    return urllib.parse.quote(identifier, safe="")
