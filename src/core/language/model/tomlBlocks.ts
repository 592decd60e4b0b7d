import { RecentParts } from "./recent.ts";
import { scanBlock, type TomlBlock } from "./tomlScanner.ts";

/** Each by the text that decides about it. */
const recent = new RecentParts<TomlBlock>();

/** The blocks that a text is made of, with the offsets they begin at. */
export function* blocksOf(text: string): Generator<{ start: number; block: TomlBlock }> {
  for (let start = 0; start < text.length; ) {
    const block = blockAt(text, start);
    yield { start, block };
    start += block.length;
  }
}

function blockAt(text: string, start: number): TomlBlock {
  for (let headers = 1; ; headers *= 2) {
    const end = behindHeaders(text, start, headers);
    const part = text.slice(start, end);
    const known = recent.get(part);
    if (known !== undefined) return known;
    const block = scanBlock(part);
    // One that does not end before another header goes on behind it, as a text in quotes can.
    if (block.length === part.length && end < text.length) continue;
    recent.keep(part, block);
    return block;
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
