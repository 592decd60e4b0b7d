import type { Readable } from "node:stream";
import type { ExecRequestInit } from "#helper/rpc/exec/messages.ts";

/**
 * The requests of one exec in the order they were made. Standard input is read only as fast as the
 * requests leave, so a slow guest slows the writer down instead of filling our memory.
 */
export class RequestQueue implements AsyncIterable<ExecRequestInit> {
  #waiting: ExecRequestInit[] = [];
  #ended = false;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  push(request: ExecRequestInit): void {
    if (this.#ended) return;
    this.#waiting.push(request);
    this.#wakeReader();
  }

  end(): void {
    this.#ended = true;
    this.#wakeReader();
    this.#wakeWriter();
  }

  /** Sends everything that `input` has, then its end. */
  async pump(input: Readable): Promise<void> {
    for await (const chunk of input) {
      this.push({ request: { case: "stdin", value: chunk } });
      await this.#emptied();
      if (this.#ended) return;
    }
    this.push({ request: { case: "stdinEnd", value: {} } });
  }

  #emptied(): Promise<void> {
    if (this.#waiting.length === 0 || this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ExecRequestInit> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else await this.#filled();
    }
  }

  #filled(): Promise<void> {
    this.#wakeWriter();
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }
}
