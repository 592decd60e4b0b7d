import { stringify } from "smol-toml";
import { formatKeyPath, type KeySegments } from "../names/keyPath.ts";
import type { Config } from "../schema.ts";
import { originText, type ShowPath, shortValue, sizeText } from "./originText.ts";
import type { EffectiveValue, PlainOrigin, Provenance } from "./provenance.ts";

/** A reference to a place from a line of the text, for links. Lines and columns are 1-based. */
export type OriginLink = { line: number; column: number; text: string; origin: PlainOrigin };

export type OriginsDocument = { text: string; links: OriginLink[] };

/** The effective configuration as TOML; a comment at every value says where it comes from. */
export function originsToml(
  config: Config,
  provenance: Provenance,
  showPath: ShowPath,
): OriginsDocument {
  const writer = new OriginsWriter(provenance.values(config), showPath);
  for (const { name, origin } of provenance.presets) writer.preset(name, origin);
  writer.table(config, []);
  return { text: `${writer.lines.join("\n")}\n`, links: writer.links };
}

class OriginsWriter {
  readonly lines: string[] = [];
  readonly links: OriginLink[] = [];
  private readonly values: ReadonlyMap<string, EffectiveValue>;
  private readonly showPath: ShowPath;

  constructor(values: readonly EffectiveValue[], showPath: ShowPath) {
    this.values = new Map(values.map((value) => [value.keyPath, value]));
    this.showPath = showPath;
  }

  preset(name: string, origin: PlainOrigin): void {
    this.line(`# preset ${name}: `, [origin]);
  }

  table(table: object, segments: KeySegments): void {
    const entries = Object.entries(table).filter(([, value]) => value !== undefined);
    const isTable = (value: unknown) => typeof value === "object" && !Array.isArray(value);
    const own = entries.filter(([, value]) => !isTable(value));
    const tables = entries.filter(([, value]) => isTable(value));
    const isEmpty = entries.length === 0;
    if (segments.length > 0 && (own.length > 0 || isEmpty)) this.header(segments);
    for (const [key, value] of own) {
      if (Array.isArray(value)) this.list(key, value, [...segments, key]);
      else this.value(`${formatKeyPath([key])} = ${toToml(value)}`, [...segments, key]);
    }
    for (const [key, value] of tables) this.table(value as object, [...segments, key]);
  }

  private header(segments: KeySegments): void {
    if (this.lines.length > 0) this.lines.push("");
    this.lines.push(`[${formatKeyPath(segments)}]`);
  }

  private list(key: string, elements: readonly unknown[], segments: KeySegments): void {
    const name = formatKeyPath([key]);
    if (elements.length === 0) {
      this.value(`${name} = []`, segments);
      return;
    }
    this.lines.push(`${name} = [`);
    for (const [index, element] of elements.entries()) {
      this.value(`  ${toToml(element)},`, [...segments, index]);
    }
    this.lines.push("]");
  }

  private value(code: string, segments: KeySegments): void {
    const keyPath = formatKeyPath(segments);
    const found = this.values.get(keyPath);
    const size = sizeText(keyPath, found?.value);
    const isDefault = found?.origin.scope === "default";
    const comment = size === undefined ? "" : isDefault ? `${size} ` : `${size}, `;
    const overrode = found?.overrode ?? [];
    this.line(
      `${code} # ${comment}`,
      [found?.origin ?? { scope: "default" }, ...overrode.map(({ origin }) => origin)],
      overrode.map(({ value }) => shortValue(value)),
    );
  }

  /** Writes a line that ends in references; those behind the first say what was overridden. */
  private line(start: string, origins: readonly PlainOrigin[], was: readonly string[] = []): void {
    let text = start;
    // A value of several lines has its comment behind the last one.
    const line = [...this.lines, start].join("\n").split("\n").length;
    for (const [index, origin] of origins.entries()) {
      if (index > 0) text += `; over ${was[index - 1]} of `;
      const reference = originText(origin, this.showPath);
      const column = text.length - text.lastIndexOf("\n");
      this.links.push({ line, column, text: reference, origin });
      text += reference;
    }
    this.lines.push(text);
  }
}

function toToml(value: unknown): string {
  if (typeof value === "string" && value.includes("\n") && isLiteral(value)) {
    return `'''\n${value}'''`;
  }
  return stringify({ value }).trimEnd().slice("value = ".length);
}

/** Whether a text of several lines, such as a script, can stand as it is. */
function isLiteral(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: TOML allows none but tab and line feed.
  return !/'''|'$|[\u0000-\u0008\u000b-\u001f\u007f]/.test(text);
}
