"""Callables that the trigger host finds beside the DAG files."""

import asyncio
import logging


async def tell(*, text, context, wait=None):
    await asyncio.sleep(0)
    logging.getLogger(__name__).info("told %s %s %s", text, wait, context["dag_run"]["dag_run_id"])


async def fail():
    raise ValueError("no")


async def hang():
    await asyncio.sleep(3600)
