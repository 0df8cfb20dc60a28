"""Drives the client of a2a-sdk 1.x on the binding and gateways of its arguments."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
from a2a.client import Client, ClientCallContext, ClientConfig, create_client
from a2a.types import a2a_pb2 as a2a
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from orders import Json, serve

# What each order's `params` are, and which method of the client takes them.
PLAIN: dict[str, tuple[type[Message], str]] = {
    'get': (a2a.GetTaskRequest, 'get_task'),
    'cancel': (a2a.CancelTaskRequest, 'cancel_task'),
    'list': (a2a.ListTasksRequest, 'list_tasks'),
    'setPush': (a2a.TaskPushNotificationConfig, 'create_task_push_notification_config'),
    'getPush': (a2a.GetTaskPushNotificationConfigRequest, 'get_task_push_notification_config'),
    'listPush': (a2a.ListTaskPushNotificationConfigsRequest, 'list_task_push_notification_configs'),
    'deletePush': (
        a2a.DeleteTaskPushNotificationConfigRequest,
        'delete_task_push_notification_config',
    ),
    'extendedCard': (a2a.GetExtendedAgentCardRequest, 'get_extended_agent_card'),
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
                    supported_protocol_bindings=[self.binding],
                    grpc_channel_factory=grpc.aio.insecure_channel,
                )
                self.clients[key] = await create_client(self.urls[gateway], config)
            return self.clients[key]

    async def events(self, order: Json) -> AsyncIterator[Json]:
        """What the client makes of the order: each event of a stream, or the one answer."""
        op, params = order['op'], order['params']
        client = await self.client(order['gateway'], streaming=op != 'send')
        context = ClientCallContext(service_parameters=order['headers'])
        if op == 'card':
            yield {'card': to_json(client._card), 'transport': type(client._transport).__name__}
        elif op in ('send', 'stream'):
            request = ParseDict(params, a2a.SendMessageRequest())
            async for said in client.send_message(request, context=context):
                yield to_json(said)
        elif op == 'subscribe':
            request = ParseDict(params, a2a.SubscribeToTaskRequest())
            async for said in client.subscribe(request, context=context):
                yield to_json(said)
        else:
            message, method = PLAIN[op]
            answer = await getattr(client, method)(ParseDict(params, message()), context=context)
            yield {} if answer is None else to_json(answer)


def to_json(message: Message) -> Json:
    return MessageToDict(message)


serve(Driver(sys.argv[1], sys.argv[2:]).events)
