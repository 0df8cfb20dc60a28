// The agent card in the shapes that clients of both generations read (A2A §4.4, §8).

import type { AgentCard } from '@a2a-js/sdk';
import { AgentCard as AgentCardCodec } from '@a2a-js/sdk';
import { createHash } from 'node:crypto';
import type { Router } from 'express';
import express from 'express';
import type { Skill } from '../activities/skill';
import { STREAM_CURSOR_URI } from '../a2a/translate';

/** `hybrid` serves both generations; the others are for clients with a strict schema. */
export const CardShape = { hybrid: 'hybrid', v1: '1.0', legacy: '0.3' } as const;
export type CardShape = (typeof CardShape)[keyof typeof CardShape];

export const AGENT_CARD_PATH = '/.well-known/agent-card.json';

/** Clients may keep a card for so long; skills change with a deploy, not by the minute. */
const CARD_MAX_AGE_S = 300;

const TEXT = 'text/plain';

/** Each binding is listed once per generation, 1.0 first. */
const VERSIONS = ['1.0', '0.3'] as const;

export interface CardOptions {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `host:port`; absent when gRPC is not served. */
  readonly grpcAddress?: string;
  readonly version: string;
}

export function createAgentCard(skills: readonly Skill[], options: CardOptions): AgentCard {
  const { publicUrl, grpcAddress, version } = options;
  const addresses: Readonly<Record<string, string>> = {
    // A JSON-RPC client posts to the address as it stands; a REST client appends its paths.
    JSONRPC: `${publicUrl}/`,
    'HTTP+JSON': publicUrl,
    ...(grpcAddress === undefined ? {} : { GRPC: grpcAddress }),
  };
  return {
    name: 'Longhaul',
    description: 'Runs long multi-step jobs as durable tasks: they survive restarts and resume.',
    version,
    supportedInterfaces: VERSIONS.flatMap((protocolVersion) =>
      Object.entries(addresses).map(([protocolBinding, url]) => ({
        ...{ url, protocolBinding, protocolVersion },
        tenant: '',
      })),
    ),
    provider: undefined,
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: [
        {
          uri: STREAM_CURSOR_URI,
          description: 'Every event is numbered; Last-Event-ID resumes a stream after one of them.',
          required: false,
          params: undefined,
        },
      ],
    },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: [TEXT],
    defaultOutputModes: [TEXT],
    skills: skills.map(toCardSkill),
    signatures: [],
  };
}

/** The card's JSON. The SDK's own handler loses security schemes, hence its codec is used here. */
function cardJson(card: AgentCard, shape: CardShape): Record<string, unknown> {
  const v1 = AgentCardCodec.toJSON(card) as Record<string, unknown>;
  if (shape === CardShape.v1) return v1;
  const legacy = legacyFields(card);
  return shape === CardShape.hybrid ? { ...v1, ...legacy } : legacyCard(v1, legacy);
}

/** Serves the card with `ETag`, `Last-Modified` and `304` (A2A §8.6). */
export function agentCardRouter(card: AgentCard, shape: CardShape): Router {
  const body = JSON.stringify(cardJson(card, shape));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const lastModified = new Date().toUTCString();
  const router = express.Router();
  router.get([AGENT_CARD_PATH, '/v1/card'], (req, res) => {
    res.set({
      'Content-Type': 'application/json',
      'Cache-Control': `public, max-age=${String(CARD_MAX_AGE_S)}`,
      ETag: etag,
      'Last-Modified': lastModified,
    });
    if (req.fresh) res.status(304).end();
    else res.send(body);
  });
  return router;
}

function toCardSkill(skill: Skill): AgentCard['skills'][number] {
  return {
    id: skill.id,
    name: skill.name,
    description: skill.description,
    tags: [...skill.tags],
    examples: [...(skill.examples ?? [])],
    inputModes: [...(skill.inputModes ?? [])],
    outputModes: [...(skill.outputModes ?? [])],
    securityRequirements: [],
  };
}

function legacyFields(card: AgentCard): Record<string, unknown> {
  const [preferred, ...others] = card.supportedInterfaces
    .filter(({ protocolVersion }) => protocolVersion === '0.3')
    .map(({ url, protocolBinding }) => ({ url, transport: protocolBinding }));
  return {
    url: preferred?.url,
    preferredTransport: preferred?.transport,
    additionalInterfaces: [preferred, ...others],
    protocolVersion: '0.3',
    supportsAuthenticatedExtendedCard: false,
  };
}

/** 0.3 alone: without the fields that a strict reader of its schema refuses. */
function legacyCard(
  v1: Record<string, unknown>,
  legacy: Record<string, unknown>,
): Record<string, unknown> {
  const { name, description, version, defaultInputModes, defaultOutputModes, skills } = v1;
  const { streaming, pushNotifications, extensions } = v1['capabilities'] as Record<
    string,
    unknown
  >;
  return {
    ...{ name, description, version, defaultInputModes, defaultOutputModes, skills },
    capabilities: {
      ...{ streaming, extensions },
      pushNotifications: pushNotifications ?? false,
      stateTransitionHistory: false,
    },
    ...legacy,
    protocolVersion: '0.3.0',
  };
}
