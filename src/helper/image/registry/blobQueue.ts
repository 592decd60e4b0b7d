import type { Descriptor } from "#core/oci/documents.ts";
import type { RetryRule } from "#core/oci/registry/retry.ts";
import type { FetchProgress } from "../source.ts";
import { type BlobOpener, Download } from "./download.ts";

/** Blobs that are fetched at the same time. */
const parallel = 3;

/** The layers of one image on their way, a few at once, in the order they are needed. */
export class BlobQueue {
  readonly #open: BlobOpener;
  readonly #retry: RetryRule;
  readonly #downloads = new Map<string, Download>();
  readonly #abort = new AbortController();
  readonly #waiting: Download[] = [];
  readonly #workers = new Set<Promise<void>>();
  #onBytes: FetchProgress = () => undefined;

  constructor(open: BlobOpener, retry: RetryRule) {
    this.#open = open;
    this.#retry = retry;
  }

  add(descriptors: readonly Descriptor[], onBytes: FetchProgress): void {
    this.#onBytes = onBytes;
    for (const descriptor of descriptors) this.#download(descriptor);
  }

  read(descriptor: Descriptor, signal: AbortSignal): AsyncIterable<Uint8Array> {
    // Who waits for a blob that does not come has to hear at once that nobody wants it any more.
    signal.addEventListener("abort", () => this.#abort.abort(), { once: true });
    return this.#download(descriptor).read();
  }

  async close(outcome: "keep" | "discard"): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#workers);
    await Promise.all([...this.#downloads.values()].map((download) => download.release(outcome)));
  }

  /** An image may have the same layer twice; it is fetched once. */
  #download(descriptor: Descriptor): Download {
    const known = this.#downloads.get(descriptor.digest);
    if (known !== undefined) return known;
    const download = new Download(descriptor, {
      open: this.#open,
      retry: this.#retry,
      signal: this.#abort.signal,
      onBytes: (count) => this.#onBytes(descriptor.digest, count),
    });
    this.#downloads.set(descriptor.digest, download);
    this.#waiting.push(download);
    if (this.#workers.size < parallel) {
      const worker = this.#work().finally(() => this.#workers.delete(worker));
      this.#workers.add(worker);
    }
    return download;
  }

  async #work(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await next.run();
    }
  }
}
