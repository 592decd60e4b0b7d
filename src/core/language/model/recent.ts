/** As much text as the longest configuration has: it and what it was a moment ago are kept. */
const maxKeptLength = 1024 * 1024;

/**
 * What was made of parts of texts lately. Somebody who types changes one part, and the others are what they
 * were, wherever they stand now.
 */
export class RecentParts<Result> {
  private recent = new Map<string, Result>();
  private recentLength = 0;
  private earlier = new Map<string, Result>();

  get(part: string): Result | undefined {
    const known = this.recent.get(part);
    if (known !== undefined) return known;
    const earlier = this.earlier.get(part);
    if (earlier !== undefined) this.keep(part, earlier);
    return earlier;
  }

  /** What is known of a part, or else what `read` makes of it. */
  of(part: string, read: (part: string) => Result): Result {
    const known = this.get(part);
    if (known !== undefined) return known;
    const result = read(part);
    this.keep(part, result);
    return result;
  }

  keep(part: string, result: Result): void {
    this.recentLength += part.length;
    if (this.recentLength > maxKeptLength) {
      this.earlier = this.recent;
      this.recent = new Map();
      this.recentLength = part.length;
    }
    this.recent.set(alone(part), result);
  }
}

/** The same text in memory of its own: a slice holds on to all that it was cut from. */
export function alone(text: string): string {
  return text.split("").join("");
}
