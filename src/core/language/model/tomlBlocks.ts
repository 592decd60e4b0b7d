import { scanBlock, type TomlBlock } from "./tomlScanner.ts";
import { alone } from "./tomlTokens.ts";

/** As much text as the longest configuration has: it and what it was a moment ago are kept. */
const maxKeptLength = 1024 * 1024;

/**
 * The blocks of texts that were read lately, by what decides about them. Somebody who types changes one
 * block, and the others are what they were, wherever they stand now.
 */
class Blocks {
  private recent = new Map<string, TomlBlock>();
  private recentLength = 0;
  private earlier = new Map<string, TomlBlock>();

  /** The block that begins at an offset. */
  at(text: string, start: number): TomlBlock {
    for (let headers = 1; ; headers *= 2) {
      const end = behindHeaders(text, start, headers);
      const part = text.slice(start, end);
      const known = this.recent.get(part) ?? this.earlier.get(part);
      const block = known ?? scanBlock(part);
      // A block that does not end before another header goes on behind it, as a text in quotes can.
      if (block.length === part.length && end < text.length) continue;
      if (!this.recent.has(part)) this.keep(part, block);
      return block;
    }
  }

  private keep(part: string, block: TomlBlock): void {
    this.recentLength += part.length;
    if (this.recentLength > maxKeptLength) {
      this.earlier = this.recent;
      this.recent = new Map();
      this.recentLength = part.length;
    }
    this.recent.set(alone(part), block);
  }
}

const blocks = new Blocks();

/** The blocks that a text is made of, with the offsets they begin at. */
export function* blocksOf(text: string): Generator<{ start: number; block: TomlBlock }> {
  for (let start = 0; start < text.length; ) {
    const block = blocks.at(text, start);
    yield { start, block };
    start += block.length;
  }
}

/** The end of the line of the next header, or of one further on: what follows decides about nothing. */
function behindHeaders(text: string, start: number, count: number): number {
  const bracket = /\n[^\S\n]*\[/g;
  bracket.lastIndex = start;
  for (let seen = 0; seen < count; seen++) if (!bracket.test(text)) return text.length;
  const end = text.indexOf("\n", bracket.lastIndex);
  return end < 0 ? text.length : end + 1;
}
