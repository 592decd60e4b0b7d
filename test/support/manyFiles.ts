// Archives too large to hold, as streams.
import { type TarInput, tarEntry } from "./tar.ts";

const batch = 1000;

/** An archive with this many entries that differ in their names only, in pieces of some hundred KB. */
export function* manyEntries(
  count: number,
  template: TarInput,
  nameOf: (index: number) => string,
): Generator<Buffer, void> {
  const header = tarEntry({ ...template, path: "" });
  const sum = Number.parseInt(header.toString("latin1", 148, 154), 8);
  for (let start = 0; start < count; start += batch) {
    const entries: Buffer[] = [];
    for (let index = start; index < Math.min(start + batch, count); index += 1) {
      const entry = Buffer.from(header);
      const name = Buffer.from(nameOf(index), "latin1");
      entry.set(name, 0);
      const withName = sum + name.reduce((total, byte) => total + byte, 0);
      entry.write(withName.toString(8).padStart(6, "0"), 148, "latin1");
      entries.push(entry);
    }
    yield Buffer.concat(entries);
  }
  yield Buffer.alloc(1024);
}
