import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Descriptor } from "#core/oci/documents.ts";
import { type RetryRule, retryDelayMs } from "#core/oci/registry/retry.ts";
import { verified } from "../blob.ts";
import { blobMismatch, ImageError } from "../errors.ts";
import { fileBytes, PieceReader } from "../fileBytes.ts";
import { Appender } from "./appender.ts";
import { leaveBlobFile, takeBlobFile } from "./blobFiles.ts";
import type { BlobPart } from "./client.ts";
import { cutShort } from "./errors.ts";
import { isTransient, retryAfterOf } from "./retries.ts";

/** A connection that brought this much counts as a success, and the counter of failures starts anew. */
const progressBytes = 256 << 10;

export type BlobWish = {
  readonly offset: number;
  /** Whether only the registry itself will do. */
  readonly avoidsMirrors: boolean;
};

export type BlobOpener = (
  descriptor: Descriptor,
  wish: BlobWish,
  signal: AbortSignal,
) => Promise<BlobPart>;

export type DownloadOptions = {
  readonly open: BlobOpener;
  readonly retry: RetryRule;
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
};

type DownloadState = "waiting" | "fetching" | "checking" | "done" | { readonly error: unknown };

/**
 * One blob on its way into a file. It goes on where a connection broke, or where an earlier process
 * stopped. Its readers need not wait for the end.
 */
export class Download {
  readonly #descriptor: Descriptor;
  readonly #options: DownloadOptions;
  #path: string | undefined;
  /** Of what was written, where it is to be checked before anybody reads it. */
  #hash: Hash | undefined;
  #written = 0;
  #state: DownloadState = "waiting";
  #wake: (() => void)[] = [];

  constructor(descriptor: Descriptor, options: DownloadOptions) {
    this.#descriptor = descriptor;
    this.#options = options;
  }

  /** Fetches the blob; never rejects: its readers are told. */
  async run(): Promise<void> {
    try {
      this.#options.signal.throwIfAborted();
      this.#path = await takeBlobFile(this.#descriptor.digest);
      const handle = await open(this.#path, "a+", 0o600);
      try {
        await this.#complete(handle);
      } finally {
        await handle.close();
      }
      this.#become("done");
    } catch (error) {
      this.#become({ error });
    }
  }

  /**
   * The blob's bytes as they come in, and the error that ended them: that it is another blob, too. Each
   * piece is good until the next but one is asked for.
   */
  async *read(): AsyncGenerator<Uint8Array, void> {
    // What an earlier process left, or a mirror has, may be wrong: it is read when it was checked.
    while (this.#state === "waiting" || this.#state === "checking") await this.#change();
    // Checking on the way out leaves the thread to the connections while they bring something.
    yield* this.#hash === undefined ? verified(this.#pieces(), this.#descriptor) : this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void> {
    if (this.#path === undefined) throw this.#error();
    const handle = await open(this.#path, "r");
    const reader = new PieceReader(handle);
    try {
      for (let at = 0; ; ) {
        while (at >= this.#written && this.#state === "fetching") await this.#change();
        if (typeof this.#state === "object") throw this.#error();
        if (at >= this.#written) return;
        const piece = await reader.read(at, this.#written - at);
        if (piece.length === 0) throw cutShort("the file of the blob");
        at += piece.length;
        yield piece;
      }
    } finally {
      await handle.close();
    }
  }

  /** To be called after `run` has ended. */
  async release(outcome: "keep" | "discard"): Promise<void> {
    if (this.#path === undefined) return;
    if (outcome === "keep") await leaveBlobFile(this.#path, this.#descriptor.digest);
    else await rm(this.#path, { force: true });
  }

  async #complete(handle: FileHandle): Promise<void> {
    const { size } = await handle.stat();
    if (size > 0) await this.#takeOver(handle, size);
    if (await this.#fetchWhole(handle)) return;
    await this.#restart(handle);
    this.#hash = undefined;
    this.#become("fetching");
    await this.#fetch(handle);
  }

  /** False when it is not the blob meant, but nobody has read any of it. */
  async #fetchWhole(handle: FileHandle): Promise<boolean> {
    try {
      await this.#fetch(handle);
      return this.#hash === undefined || this.#isWhole(this.#hash);
    } catch (error) {
      const isMismatch = error instanceof ImageError && error.code === "digest";
      if (isMismatch && this.#hash !== undefined) return false;
      throw error;
    }
  }

  async #takeOver(handle: FileHandle, size: number): Promise<void> {
    const hash = this.#beginChecking();
    if (size > this.#descriptor.size) return await this.#restart(handle);
    for await (const piece of fileBytes(handle, { end: size })) {
      this.#options.signal.throwIfAborted();
      hash.update(piece);
    }
    this.#written = size;
    this.#options.onBytes(size);
  }

  #beginChecking(): Hash {
    const hash = createHash("sha256");
    this.#hash = hash;
    this.#become("checking");
    return hash;
  }

  async #restart(handle: FileHandle): Promise<void> {
    await handle.truncate(0);
    this.#options.onBytes(-this.#written);
    this.#written = 0;
  }

  async #fetch(handle: FileHandle): Promise<void> {
    const { retry, signal } = this.#options;
    let failed = 0;
    while (this.#written < this.#descriptor.size) {
      const before = this.#written;
      try {
        await this.#fetchOn(handle);
      } catch (error) {
        signal.throwIfAborted();
        failed = this.#written - before >= progressBytes ? 1 : failed + 1;
        const waitMs = isTransient(error)
          ? retryDelayMs(retry, failed, {
              random: Math.random(),
              retryAfterMs: retryAfterOf(error),
            })
          : undefined;
        if (waitMs === undefined) throw error;
        await delay(waitMs, undefined, { signal });
      }
    }
  }

  /** One connection: from where the file ends to the end of the blob. */
  async #fetchOn(handle: FileHandle): Promise<void> {
    const { open: openBlob, signal } = this.#options;
    const { digest, size } = this.#descriptor;
    // What is read as it comes in has to come from one place.
    const wish = { offset: this.#written, avoidsMirrors: this.#state === "fetching" };
    const { chunks, offset, isMirror } = await openBlob(this.#descriptor, wish, signal);
    if (this.#state === "waiting" && isMirror) this.#beginChecking();
    else if (this.#state === "waiting") this.#become("fetching");
    // A server that knows no ranges sends what is there already once more.
    let skip = this.#written - offset;
    if (!(skip >= 0)) {
      throw blobMismatch(`the server sent another part of ${digest} than it was asked for`);
    }
    let received = this.#written;
    const appender = new Appender(handle, (bytes) => this.#wrote(bytes));
    try {
      for await (const chunk of chunks) {
        const bytes = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - bytes.length;
        received += bytes.length;
        if (received > size) {
          throw blobMismatch(`${digest} is longer than the ${size} bytes announced`);
        }
        this.#hash?.update(bytes);
        await appender.add(bytes);
      }
    } finally {
      await appender.finish();
    }
    if (received < size) throw cutShort("the server");
  }

  #wrote(bytes: number): void {
    this.#written += bytes;
    this.#options.onBytes(bytes);
    this.#notify();
  }

  #isWhole(hash: Hash): boolean {
    return `sha256:${hash.digest("hex")}` === this.#descriptor.digest;
  }

  #error(): unknown {
    return typeof this.#state === "object" ? this.#state.error : undefined;
  }

  #become(state: DownloadState): void {
    this.#state = state;
    this.#notify();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
