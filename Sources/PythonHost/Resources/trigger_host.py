"""Runs the triggers of deferred tasks: Airflow's own trigger runner in a forked child, one for all triggers.

The supervisor speaks the runner's protocol on `requests` (MessagePack frames) and stands in the place of Airflow's
triggerer. Where Airflow's runner looks around once a second, this one tells and is told at once:

    TriggerOrders    what is there to do? Answered, when there is something, by Airflow's TriggerStateSync
    TriggerReports   what has happened: `events` [{id, payload | state, xcoms}], `failures` [[id, traceback lines]],
                     `finished` [id]; payloads are in the SDK's serde form

All else that the runner asks (variables, connections, XComs, states) is Airflow's.
"""

from __future__ import annotations

import sys


def run_triggers(request: dict, fds: list[int], trace_fd: int | None):
    """Never returns."""
    from .task_host import run_supervised

    # As Airflow does with its folder of DAGs: triggers may stand beside the files that use them.
    if request["bundle_path"] not in sys.path:
        sys.path.append(request["bundle_path"])
    run_supervised(request, fds, lambda: make_runner().run())


def make_runner():
    """Built here and not at the start of the host, which does without Airflow's jobs as long as nothing defers."""
    import asyncio
    from collections import deque
    from traceback import format_exception
    from typing import Any, Literal

    import msgspec
    from airflow.jobs.triggerer_job_runner import TriggerRunner
    from airflow.sdk.execution_time.comms import _new_encoder
    from airflow.sdk.serde import serialize
    from airflow.triggers.base import BaseTaskEndEvent
    from pydantic import BaseModel

    class TriggerOrders(BaseModel):
        type: Literal["TriggerOrders"] = "TriggerOrders"

    class TriggerReports(BaseModel):
        type: Literal["TriggerReports"] = "TriggerReports"
        events: list[dict[str, Any]]
        failures: list[tuple[int, list[str] | None]]
        finished: list[int]

    class Announcing(deque):
        """A queue that says when something is put into it."""

        def __init__(self, news):
            super().__init__()
            self.news = news

        def append(self, item):
            super().append(item)
            self.news.set()

    class Runner(TriggerRunner):
        async def arun(self):
            await self.init_comms()
            self.news = self._stop_event = asyncio.Event()
            self.events, self.failed_triggers = Announcing(self.news), Announcing(self.news)
            helpers = [asyncio.create_task(work()) for work in (self.block_watchdog, self.take_orders)]
            helpers.append(self.comms_decoder._reader_task)
            for helper in helpers:
                helper.add_done_callback(lambda _: self.news.set())
            try:
                while not self.stop:
                    if over := next((helper for helper in helpers if helper.done()), None):
                        over.result()
                        raise EOFError("the supervisor is gone")
                    self.news.clear()
                    await self.tell(await self.cleanup_finished_triggers())
                    # A signal that came before the news were cleared has left nothing but the flag.
                    if not self.stop:
                        await self.news.wait()
            finally:
                self.stop = True
                await self._shared_streams.stop_all()
                for helper in helpers:
                    helper.cancel()

        async def take_orders(self):
            while True:
                orders = await self.comms_decoder.asend(TriggerOrders())
                new = [workload.id for workload in orders.to_create]
                self.to_create.extend(orders.to_create)
                self.to_cancel.extend(orders.to_cancel)
                await self.create_triggers()
                await self.cancel_triggers()
                for trigger_id in new:
                    if details := self.triggers.get(trigger_id):
                        details["task"].add_done_callback(lambda _: self.news.set())

        async def create_triggers(self):
            """One after the other, so that what goes wrong is the fault of one: Airflow's triggerer would end."""
            workloads, self.to_create = self.to_create, deque()
            for workload in workloads:
                self.to_create.append(workload)
                try:
                    await super().create_triggers()
                except Exception as error:
                    self.log.exception("Trigger failed to inflate", trigger_id=workload.id)
                    self.failed_triggers.append((workload.id, error))

        async def tell(self, finished):
            events, failures = [], []
            while self.events:
                entry = self.events.popleft()
                try:
                    events.append(self.encoded(entry))
                except Exception as error:
                    self.log.error("Trigger returned a result that cannot be serialized", trigger_id=entry.trigger_id)
                    failures.append((entry.trigger_id, format_exception(error)))
            while self.failed_triggers:
                trigger_id, error = self.failed_triggers.popleft()
                failures.append((trigger_id, format_exception(error) if error else None))
            # One that could not be made has no task whose end would be told.
            finished = [*finished, *(id for id, _ in failures if id not in self.triggers and id not in finished)]
            if events or failures or finished:
                await self.comms_decoder.asend(
                    TriggerReports(events=events, failures=failures, finished=finished))
                confirmed = [entry["seq"] for entry in events if entry["seq"] is not None]
                if confirmed:
                    self._shared_streams.confirm_persisted(confirmed)

        @staticmethod
        def encoded(entry):
            event = entry.event
            known = {"id": entry.trigger_id, "seq": entry.persist_seq}
            if isinstance(event, BaseTaskEndEvent):
                return {**known, "state": str(event.task_instance_state.value), "xcoms": serialize(event.xcoms or {})}
            # Airflow's messages come first and its serde after them: that decides what becomes of a tuple or a date.
            return {**known, "payload": serialize(msgspec.msgpack.decode(_new_encoder().encode(event.payload)))}

    return Runner()
