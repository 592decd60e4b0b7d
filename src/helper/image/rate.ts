const windowMs = 5_000;
const sampleEveryMs = 200;
const firstAfterMs = 500;

/** Measures speed over the last seconds, so that what was there before does not count. */
export class Rate {
  readonly #nowMs: () => number;
  #samples: { atMs: number; bytes: number }[] = [];

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Speed and time left when so many bytes are done; null until that can be said. */
  measure(doneBytes: number, totalBytes: number | null) {
    const bytesPerSecond = this.#bytesPerSecond(doneBytes);
    const left = ((totalBytes ?? Number.NaN) - doneBytes) / (bytesPerSecond ?? 0);
    const secondsLeft = Number.isFinite(left) && left >= 0 ? Math.ceil(left) : null;
    return { bytesPerSecond, secondsLeft };
  }

  /** Something else is counted from now on. */
  restart(): void {
    this.#samples = [];
  }

  #bytesPerSecond(bytes: number): number | null {
    const atMs = this.#nowMs();
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last === undefined || atMs - last.atMs >= sampleEveryMs) samples.push({ atMs, bytes });
    while (samples.length > 2 && atMs - (samples[0]?.atMs ?? 0) > windowMs) samples.shift();
    const [first] = samples;
    if (first === undefined || atMs - first.atMs < firstAfterMs) return null;
    return Math.max(0, Math.round(((bytes - first.bytes) * 1000) / (atMs - first.atMs)));
  }
}
