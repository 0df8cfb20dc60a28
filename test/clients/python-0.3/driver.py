"""Drives the client of a2a-sdk 0.3 on the binding and gateways of its arguments."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
from a2a import types as a2a
from a2a.client import A2ACardResolver, Client, ClientCallContext, ClientConfig, ClientFactory
from orders import Json, serve
from pydantic import BaseModel

# What each order's `params` are, and which method of the client takes them.
PLAIN: dict[str, tuple[type[BaseModel], str]] = {
    'get': (a2a.TaskQueryParams, 'get_task'),
    'cancel': (a2a.TaskIdParams, 'cancel_task'),
    'setPush': (a2a.TaskPushNotificationConfig, 'set_task_callback'),
    'getPush': (a2a.GetTaskPushNotificationConfigParams, 'get_task_callback'),
}


class Driver:
    """The clients of one binding, one for each gateway and way to send."""

    def __init__(self, binding: str, urls: list[str]) -> None:
        self.binding = binding
        self.urls = urls
        self.clients: dict[tuple[int, bool], Client] = {}
        self.opening = asyncio.Lock()

    async def client(self, gateway: int, streaming: bool) -> Client:
        async with self.opening:
            key = (gateway, streaming)
            if key not in self.clients:
                config = ClientConfig(
                    streaming=streaming,
                    supported_transports=[self.binding],
                    grpc_channel_factory=grpc.aio.insecure_channel,
                )
                async with httpx.AsyncClient() as http:
                    card = await A2ACardResolver(http, self.urls[gateway]).get_agent_card()
                self.clients[key] = ClientFactory(config).create(card)
            return self.clients[key]

    async def events(self, order: Json) -> AsyncIterator[Json]:
        """What the client makes of the order: each event of a stream, or the one answer."""
        op, params = order['op'], order['params']
        client = await self.client(order['gateway'], streaming=op != 'send')
        state = {'http_kwargs': {'headers': order['headers']}} if order['headers'] else {}
        context = ClientCallContext(state=state)
        if op == 'card':
            yield {'card': to_json(client._card), 'transport': type(client._transport).__name__}
        elif op in ('send', 'stream'):
            message = a2a.Message.model_validate(params['message'])
            configuration = a2a.MessageSendConfiguration.model_validate(
                params.get('configuration', {})
            )
            answers = client.send_message(message, configuration=configuration, context=context)
            async for event in told(answers):
                yield event
        elif op == 'subscribe':
            answers = client.resubscribe(a2a.TaskIdParams.model_validate(params), context=context)
            async for event in told(answers):
                yield event
        elif op == 'extendedCard':
            yield to_json(await client.get_card(context=context))
        else:
            model, method = PLAIN[op]
            call = getattr(client, method)
            yield to_json(await call(model.model_validate(params), context=context))


async def told(answers: AsyncIterator[Any]) -> AsyncIterator[Json]:
    """Each event as it came, and at last the task that the client has put together of them."""
    task = None
    async for answer in answers:
        if isinstance(answer, a2a.Message):
            yield to_json(answer)
            continue
        task, update = answer
        yield to_json(update or task)
    if task is not None:
        yield {'assembled': to_json(task)}


def to_json(model: BaseModel) -> Json:
    return model.model_dump(mode='json', by_alias=True, exclude_none=True)


serve(Driver(sys.argv[1], sys.argv[2:]).events)
