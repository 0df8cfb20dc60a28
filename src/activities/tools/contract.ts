// The shape of `ctx.tools`: two tools for any LLM, in the forms in which model APIs take them.

import type { z } from 'zod';

/** JSON Schema of an object, of the words that all model APIs read. */
export interface ParametersSchema {
  type: 'object';
  [keyword: string]: unknown;
}

/** Fresh at each reading and not readonly: the libraries of model APIs take arrays that they may change. */
export interface ToolDefinition {
  name: string;
  description: string;
  parameters: ParametersSchema;
}

/** What the model is told of its call. */
export interface ToolAnswer {
  readonly text: string;
  /** The call was refused, and nothing was done; the text says why. */
  readonly isError: boolean;
}

/** One tool of a ToolSet of the Vercel AI SDK (`ai` 5 to 7). */
export interface AiSdkTool<Args> {
  description: string;
  inputSchema: z.ZodType<Args>;
  execute(args: Args): Promise<string>;
}

export interface UpdateStatus {
  status: string;
  message?: string | undefined;
}

export interface SaveArtifact {
  name: string;
  content: string;
  content_type?: string | undefined;
  description?: string | undefined;
}

/** `update_status` and `save_artifact`. */
export interface TaskTools {
  /** Name, description and parameters: what every model API wants in some form. */
  readonly definitions: ToolDefinition[];
  /** As `tools` of OpenAI's chat completions. */
  readonly openai: { type: 'function'; function: ToolDefinition }[];
  /** As `tools` of Anthropic's messages. */
  readonly anthropic: { name: string; description: string; input_schema: ParametersSchema }[];
  /** As `tools` of `generateText` and `streamText` in the Vercel AI SDK; a refusal is a text as well. */
  readonly aiSdk: {
    update_status: AiSdkTool<UpdateStatus>;
    save_artifact: AiSdkTool<SaveArtifact>;
  };
  /** The model has ended the task: it can do nothing more to it, so a loop may stop. */
  readonly hasEnded: boolean;
  /**
   * Executes a call of the model's, after those before it. A call that asks the caller ends the run; in
   * the run that the answer starts, it resolves with the answer's text. A call that asks or ends is not to be put
   * into a step.
   * @param args an object, or its JSON text.
   */
  call(name: string, args: unknown): Promise<ToolAnswer>;
}
