"""Triggers as a team keeps them beside its DAGs."""

import asyncio
import datetime
import os
import time

from airflow.sdk import Connection, Variable
from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent, TriggerEvent


class Kept(BaseTrigger):
    def __init__(self, **kwargs):
        super().__init__()
        self.kwargs = kwargs

    def serialize(self):
        return f"{type(self).__module__}.{type(self).__name__}", self.kwargs


class Echo(Kept):
    """Says its arguments, and of what kinds they are."""

    async def run(self):
        kinds = {name: type(value).__name__ for name, value in self.kwargs.items()}
        self.log.info("echoing %s", sorted(kinds))
        yield TriggerEvent({"arguments": self.kwargs, "kinds": kinds})


class Asking(Kept):
    async def run(self):
        password = (await Connection.async_get("db")).password if self.kwargs.get("asynchronously") else None
        self.log.info("the key is %s", Variable.get("api_key"))
        yield TriggerEvent([Variable.get("plain_value"), password])


class Raising(Kept):
    async def run(self):
        raise ValueError("no such file")
        yield


class Silent(Kept):
    async def run(self):
        return
        yield


class Unspeakable(Kept):
    async def run(self):
        yield TriggerEvent(object())


class Ending(Kept):
    async def run(self):
        kind = {"success": TaskSuccessEvent, "failed": TaskFailedEvent, "skipped": TaskSkippedEvent}
        yield kind[self.kwargs["state"]](xcoms={"return_value": [1, "two"]})


class ForFile(Kept):
    """Waits for a file; its first process dies."""

    async def run(self):
        if not os.path.exists(self.kwargs["died"]):
            open(self.kwargs["died"], "w").close()
            os._exit(3)
        yield TriggerEvent("survived")


class Blocking(Kept):
    async def run(self):
        time.sleep(1)
        yield TriggerEvent(datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc))


class Endless(Kept):
    """Leaves a file when it begins, and says in it how it ended."""

    async def run(self):
        self.write("began")
        await asyncio.Event().wait()
        yield

    async def on_kill(self):
        self.write("killed")

    async def cleanup(self):
        self.write("cleaned")

    def write(self, word):
        with open(self.kwargs["file"], "a") as file:
            file.write(word + "\n")


class Counting(BaseEventTrigger):
    """Says two numbers and ends; a file counts how often it has begun."""

    def __init__(self, file, assets=False):
        super().__init__()
        self.file, self.assets = file, assets

    def serialize(self):
        return f"{type(self).__module__}.{type(self).__name__}", {"file": self.file, "assets": self.assets}

    async def run(self):
        with open(self.file, "a+") as file:
            file.write("began\n")
            file.seek(0)
            count = len(file.readlines())
        yield TriggerEvent({"begun": count, "number": 1})
        yield TriggerEvent({"begun": count, "number": 2})


class FailingOnce(Counting):
    async def run(self):
        if not os.path.exists(self.file):
            open(self.file, "w").close()
            raise OSError("not there yet")
        yield TriggerEvent("there")
