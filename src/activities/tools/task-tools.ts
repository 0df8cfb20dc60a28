// `ctx.tools` of one run: the two tools over the run's own context.

import { z } from 'zod';
import { isFinal } from '../error-text';
import type { SkillContext } from '../skill';
import { refusal } from './arguments';
import type { ParametersSchema, TaskTools, ToolAnswer, ToolDefinition } from './contract';
import { SAVE_ARTIFACT, saveArtifact, saveArtifactArguments } from './save-artifact';
import {
  UPDATE_STATUS,
  updateStatus,
  updateStatusArguments,
  type EndedResult,
} from './update-status';

/** What the tools do things with. */
export interface ToolPort extends Pick<
  SkillContext,
  'progress' | 'ask' | 'requireAuth' | 'saveArtifact'
> {
  /**
   * The run's ending, whatever comes after it; from here on nothing that is said is heard.
   * @throws SkillError when the run has no task to end.
   */
  end(result: EndedResult): void | Promise<void>;
}

const PARAMETERS = {
  update_status: parametersOf(updateStatusArguments),
  save_artifact: parametersOf(saveArtifactArguments),
};

export function createTaskTools(port: ToolPort): TaskTools {
  return new RunTools(port);
}

class RunTools implements TaskTools {
  private readonly port: ToolPort;
  private endedAs: string | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(port: ToolPort) {
    this.port = port;
  }

  get definitions(): ToolDefinition[] {
    return [
      { name: 'update_status', description: UPDATE_STATUS, parameters: PARAMETERS.update_status },
      { name: 'save_artifact', description: SAVE_ARTIFACT, parameters: PARAMETERS.save_artifact },
    ].map((definition) => structuredClone(definition));
  }

  get openai(): TaskTools['openai'] {
    return this.definitions.map((definition) => ({ type: 'function', function: definition }));
  }

  get anthropic(): TaskTools['anthropic'] {
    return this.definitions.map(({ name, description, parameters }) => ({
      name,
      description,
      input_schema: parameters,
    }));
  }

  get aiSdk(): TaskTools['aiSdk'] {
    const execute =
      (name: string) =>
      async (args: unknown): Promise<string> =>
        (await this.call(name, args)).text;
    return {
      update_status: {
        description: UPDATE_STATUS,
        inputSchema: updateStatusArguments,
        execute: execute('update_status'),
      },
      save_artifact: {
        description: SAVE_ARTIFACT,
        inputSchema: saveArtifactArguments,
        execute: execute('save_artifact'),
      },
    };
  }

  get hasEnded(): boolean {
    return this.endedAs !== undefined;
  }

  /** One after the other: libraries start all calls of a turn at once, and a replay has to find one order. */
  call(name: string, args: unknown): Promise<ToolAnswer> {
    const answer = this.last.then(() => this.answerTo(name, args));
    this.last = answer.catch(() => undefined);
    return answer;
  }

  private async answerTo(name: string, args: unknown): Promise<ToolAnswer> {
    try {
      return { text: await this.execute(name, args), isError: false };
    } catch (err) {
      if (!isRefusal(err)) throw err;
      return { text: `Error: ${err.message}`, isError: true };
    }
  }

  private async execute(name: string, args: unknown): Promise<string> {
    if (this.endedAs !== undefined) {
      throw refusal(`the task has ended as ${this.endedAs}, and nothing can change it any more`);
    }
    switch (name) {
      case 'update_status':
        return updateStatus(this.port, (result) => this.end(result), args);
      case 'save_artifact':
        return saveArtifact(this.port, args);
      default:
        throw refusal(`there is no tool "${name}": there are update_status and save_artifact`);
    }
  }

  private async end(result: EndedResult): Promise<void> {
    await this.port.end(result);
    this.endedAs = result.state;
  }
}

/** What is wrong with the call; anything else is wrong with the run. */
function isRefusal(err: unknown): err is Error {
  return isFinal(err);
}

/** Without the name of the schema's dialect, which some model APIs refuse. */
function parametersOf(schema: z.ZodType): ParametersSchema {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema);
  return { ...parameters, type: 'object' };
}
