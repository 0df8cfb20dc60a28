"""What every driver does: takes one JSON order a line, prints one JSON observation a line."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

Json = dict[str, Any]
Obey = Callable[[Json], AsyncIterator[Json]]


def report(observation: Json) -> None:
    print(json.dumps(observation), flush=True)


async def carry_out(order: Json, obey: Obey) -> None:
    """Reports each event that the client made of the order, then its end or what it threw."""
    number = order['number']
    try:
        async for event in obey(order):
            report({'number': number, 'event': event})
        report({'number': number, 'done': True})
    except Exception as err:  # noqa: BLE001 - what the client throws is what is observed
        report({'number': number, 'error': {'type': type(err).__name__, 'message': str(err)}})


async def take_orders(obey: Obey) -> None:
    """Until standard input ends; a stream does not keep the next order waiting."""
    orders: set[asyncio.Task[None]] = set()
    while line := await asyncio.to_thread(sys.stdin.readline):
        task = asyncio.create_task(carry_out(json.loads(line), obey))
        orders.add(task)
        task.add_done_callback(orders.discard)


def serve(obey: Obey) -> None:
    asyncio.run(take_orders(obey))
