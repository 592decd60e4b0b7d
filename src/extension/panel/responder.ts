import type * as z from "zod";
import {
  type PanelMessage,
  type RequestDescriptor,
  requestMessageSchema,
} from "#shared/protocol/panel.ts";

type Handler = {
  params: z.ZodType<unknown>;
  run: (params: unknown) => Promise<unknown>;
};

/** Answers the panel's requests; every request gets a result or a failure. */
export class Responder {
  readonly #handlers = new Map<string, Handler>();

  on<Params, Result>(
    { name, params }: RequestDescriptor<Params, Result>,
    run: (params: Params) => Promise<Result>,
  ): void {
    this.#handlers.set(name, { params, run: (value) => run(params.parse(value)) });
  }

  /** The answer to a message; undefined for what is no request of ours. */
  async answer(message: unknown): Promise<PanelMessage | undefined> {
    const request = requestMessageSchema.safeParse(message).data;
    if (request === undefined) return undefined;
    const { id, name, params } = request;
    const handler = this.#handlers.get(name);
    if (handler === undefined) return { type: "failure", id, message: `Unknown request ${name}.` };
    try {
      return { type: "result", id, result: await handler.run(params) };
    } catch (error) {
      return { type: "failure", id, message: error instanceof Error ? error.message : `${error}` };
    }
  }
}
