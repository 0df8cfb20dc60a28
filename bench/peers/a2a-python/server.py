"""An A2A server as a2a-sdk 1.x makes one. Argument: the file of its database; without, it is in memory.

Prints its port, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from pathlib import Path

import uvicorn
import uvloop
from a2a.helpers import get_data_parts, new_task_from_user_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.cluster import DatabaseTaskEventStream, VersionedDatabaseTaskStore
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_jsonrpc_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from starlette.applications import Starlette


class SaysAgent(AgentExecutor):
    """Says as many progress events as it is told to, in one go; then the text that it was sent."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        task = new_task_from_user_message(context.message)
        task.id, task.context_id = context.task_id, context.context_id
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        [options] = get_data_parts(context.message.parts)
        for number in range(1, int(options['events']) + 1):
            said = updater.new_agent_message([new_text_part(f'progress {number}')])
            await updater.start_work(said)
        answer = updater.new_agent_message([new_text_part(context.get_user_input())])
        await updater.complete(answer)

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Nobody does."""


def open_database(file: Path) -> AsyncEngine:
    engine = create_async_engine(f'sqlite+aiosqlite:///{file}')

    @event.listens_for(engine.sync_engine, 'connect')
    def tune(connection, _record) -> None:  # noqa: ANN001
        # As the Temporal server beside it has its database.
        connection.execute('PRAGMA journal_mode=WAL')
        connection.execute('PRAGMA synchronous=NORMAL')

    return engine


async def request_handler(file: Path | None) -> DefaultRequestHandler:
    card = AgentCard(
        name='says',
        description='Says progress.',
        version='1.0.0',
        capabilities=AgentCapabilities(streaming=True),
    )
    if file is None:
        return DefaultRequestHandler(SaysAgent(), InMemoryTaskStore(), card)
    engine = open_database(file)
    store = VersionedDatabaseTaskStore(engine)
    await store.initialize()
    stream = DatabaseTaskEventStream(engine)
    await stream.initialize()
    return DefaultRequestHandler(SaysAgent(), store, card, event_stream=stream)


async def main() -> None:
    logging.disable(logging.WARNING)
    handler = await request_handler(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    app = Starlette(routes=create_jsonrpc_routes(handler, rpc_url='/'))
    server = uvicorn.Server(uvicorn.Config(app, log_level='error'))
    listening = socket.create_server(('127.0.0.1', 0))
    print(listening.getsockname()[1], flush=True)
    serving = asyncio.create_task(server.serve([listening]))
    # The benchmark may be killed; its server is not to outlive it.
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving


uvloop.run(main())
