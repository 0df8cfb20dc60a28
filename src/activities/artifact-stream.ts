// An artifact that grows chunk by chunk: one id for life, first `append: false`, last `lastChunk: true`.

import type { ContentPart } from '../workflows/task';
import type { Spoken } from './spoken';
import { checkPart, toStreamOptions } from './say';
import type { ArtifactOptions, ArtifactStream } from './skill';

type Opened = ArtifactOptions & { readonly artifactId: string };

interface Run {
  say(spoken: Spoken): Promise<void>;
  /** Whether the artifact has begun; from this call on it has. */
  hasBegun(): boolean;
}

/**
 * Nothing is sent before the first chunk.
 * @throws SkillError
 */
export function openArtifact(options: Opened, run: Run): ArtifactStream {
  const { mediaType, ...heading } = toStreamOptions(options);
  const { artifactId, name } = heading;
  let isFinal = false;

  const send = async (part: ContentPart, last: boolean): Promise<void> => {
    if (isFinal)
      throw new Error(`artifact "${name ?? artifactId}" is finalized: nothing may follow`);
    const append = run.hasBegun();
    isFinal = last;
    await run.say({ kind: 'artifact', at: Date.now(), ...heading, parts: [part], append, last });
  };
  const textPart = (text: string): ContentPart =>
    mediaType === undefined ? { text } : { text, mediaType };

  return {
    artifactId,
    async append(part) {
      if (part === '' && !isFinal) return;
      await send(typeof part === 'string' ? textPart(part) : checkPart(part), false);
    },
    // Clients take the last chunk's text without a look, so there is always one, empty if need be.
    finalize: (text = '') => send(textPart(text), true),
  };
}
