// Builds the agent card from skills, addresses and what the operator says of the agent (A2A §4.4).

import type { AgentCard, AgentExtension } from '@a2a-js/sdk';
import type { Skill } from '../../activities/skill';
import type { CardFields } from './card-fields';

const TEXT = 'text/plain';

const VERSIONS = ['1.0', '0.3'] as const;

export interface AgentCardOptions {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `host:port` where gRPC is served; absent: it is not. */
  readonly grpcAddress?: string;
  /** Of this program; the operator's fields may say another. */
  readonly version: string;
  readonly extensions: readonly AgentExtension[];
  readonly hasExtendedCard: boolean;
  /** Whether push notifications are on. */
  readonly hasPush: boolean;
  /** What stands in place of ours, later ones in place of earlier ones. */
  readonly fields: readonly CardFields[];
}

/**
 * The card over the skills that it is to list, without signatures.
 * @throws Error when a security requirement names a scheme that is not declared.
 */
export function createAgentCard(skills: readonly Skill[], options: AgentCardOptions): AgentCard {
  const { version, extensions, hasExtendedCard, hasPush, fields } = options;
  const ours: AgentCard = {
    name: 'Longhaul',
    description: 'Runs long multi-step jobs as durable tasks: they survive restarts and resume.',
    version,
    supportedInterfaces: interfacesOf(options),
    provider: undefined,
    capabilities: {
      streaming: true,
      pushNotifications: hasPush,
      extendedAgentCard: hasExtendedCard,
      extensions: [...extensions],
    },
    securitySchemes: {},
    securityRequirements: [],
    // What a skill that declares no modes takes and gives.
    defaultInputModes: union(skills.map(({ inputModes }) => inputModes ?? [TEXT])),
    defaultOutputModes: union(skills.map(({ outputModes }) => outputModes ?? [TEXT])),
    skills: skills.map(toCardSkill),
    signatures: [],
  };
  const card = fields.reduce<AgentCard>((sum, more) => ({ ...sum, ...more }), ours);
  assertSchemesDeclared(card);
  return card;
}

/** Each binding once per generation, 1.0 first: clients take the first that they can speak (A2A §8.3.2). */
function interfacesOf({
  publicUrl,
  grpcAddress,
}: AgentCardOptions): AgentCard['supportedInterfaces'] {
  const bindings = [
    // A JSON-RPC client posts to the address as it stands; a REST client appends its paths.
    { protocolBinding: 'JSONRPC', url: `${publicUrl}/` },
    { protocolBinding: 'HTTP+JSON', url: publicUrl },
    ...(grpcAddress === undefined ? [] : [{ protocolBinding: 'GRPC', url: grpcAddress }]),
  ];
  return VERSIONS.flatMap((protocolVersion) =>
    bindings.map((binding) => ({ ...binding, protocolVersion, tenant: '' })),
  );
}

function union(lists: readonly (readonly string[])[]): string[] {
  const all = [...new Set(lists.flat())];
  return all.length === 0 ? [TEXT] : all;
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

function assertSchemesDeclared({ securitySchemes, securityRequirements }: AgentCard): void {
  const named = securityRequirements.flatMap(({ schemes }) => Object.keys(schemes));
  const unknown = named.find((name) => !Object.hasOwn(securitySchemes, name));
  if (unknown === undefined) return;
  throw new Error(`securityRequirements: there is no scheme "${unknown}" in securitySchemes`);
}
