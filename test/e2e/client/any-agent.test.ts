// The client against an agent that knows none of our extensions: the SDK's own server, over real HTTP.

import {
  Message,
  Role,
  TaskState,
  type AgentCard,
  type Artifact,
  type Part,
  type StreamResponse,
} from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  type AgentExecutor,
  type ExecutionEventBus,
  type RequestContext,
} from '@a2a-js/sdk/server';
import { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';
import { ClientFactory } from '@a2a-js/sdk/client';
import express from 'express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  SendLostError,
  TaskFailedError,
  TaskTimeoutError,
  assembleArtifacts,
  createLonghaulClient,
  type LonghaulClient,
} from '../../../src/client';
import { Address } from './address';
import { all, inWords, rejection, textOf } from './seen';
