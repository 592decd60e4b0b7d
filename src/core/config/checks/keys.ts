import type * as z from "zod";
import { shapeOf } from "../fields/inspect.ts";
import { type Document, isTable, type Table } from "../formats/tree.ts";
import { formatKeyPath } from "../names/keyPath.ts";
import { nearest } from "../names/nearest.ts";
import { type Diagnostic, startOfFile } from "../types.ts";

/** Keys of former versions, with what to write instead; `*` stands for any name. */
export type RemovedKeys = Readonly<Record<string, string>>;

/** Warns of keys that nothing reads. They never stop a start: a newer version may know them. */
export function checkKeys(
  document: Document,
  schema: z.ZodType,
  removed: RemovedKeys,
): Diagnostic[] {
  const checker = new KeyChecker(document, removed);
  if (document.root !== undefined) checker.check(document.root, schema, []);
  return checker.diagnostics;
}

class KeyChecker {
  readonly diagnostics: Diagnostic[] = [];
  private readonly document: Document;
  private readonly removed: RemovedKeys;

  constructor(document: Document, removed: RemovedKeys) {
    this.document = document;
    this.removed = removed;
  }

  check(table: Table, schema: z.ZodType, parents: readonly string[]): void {
    const shape = shapeOf(schema);
    if (shape.kind !== "table" && shape.kind !== "named") return;
    for (const [key, value] of Object.entries(table)) {
      const segments = [...parents, key];
      const below =
        shape.kind === "named"
          ? shape.entry
          : Object.hasOwn(shape.keys, key)
            ? shape.keys[key]
            : undefined;
      if (below !== undefined && isTable(value)) this.check(value, below, segments);
      if (below === undefined && shape.kind === "table") {
        this.report(segments, Object.keys(shape.keys));
      }
    }
  }

  private report(segments: readonly string[], known: readonly string[]): void {
    const key = segments.at(-1) ?? "";
    // Editors find a JSON Schema by this key.
    if (segments.length === 1 && key === "$schema") return;
    const keyPath = formatKeyPath(segments);
    const replacement = this.replacement(segments);
    if (replacement !== undefined) {
      const message = `\`${keyPath}\` has no effect any more; use ${replacement}`;
      this.warn("removed-key", keyPath, { message });
      return;
    }
    const suggestion = nearest(key, known);
    const hint = suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
    const message = `unknown key \`${keyPath}\` has no effect${hint}`;
    this.warn(
      "unknown-key",
      keyPath,
      suggestion === undefined ? { message } : { message, suggestion },
    );
  }

  private replacement(segments: readonly string[]): string | undefined {
    for (const [pattern, replacement] of Object.entries(this.removed)) {
      const names = pattern.split(".");
      const fits = names.every((name, index) => name === "*" || name === segments[index]);
      if (fits && names.length === segments.length) return replacement;
    }
    return undefined;
  }

  private warn(
    code: string,
    keyPath: string,
    words: { message: string; suggestion?: string },
  ): void {
    const origin = this.document.places.get(keyPath)?.at(-1);
    const range = origin?.keyRange ?? origin?.range ?? startOfFile;
    const { path } = this.document;
    this.diagnostics.push({ severity: "warning", code, path, range, keyPath, ...words });
  }
}

/** Former spellings of the project's configuration. */
export const removedConfigKeys: RemovedKeys = {
  nested_virtualization: "`vm.kvm`",
  "vm.nested_virtualization": "`vm.kvm`",
  "network.default_mode": "`network.policy`",
  "network.allowed_hosts": "`network.rules.<name>.allow`",
  "network.allowed_hosts_tls": "`network.rules.<name>.allow`",
  "network.tls_passthrough": "`network.rules.<name>.passthrough`",
  "network.host_ports": "`network.ports.<name>.host`",
  "network.rules.*.middleware": "`network.middleware.<name>` with its own `target`",
  "network.sockets.*.guest": '`host = "<hostPath>:<guestPath>"`',
  cache: "`disk.cache.<name>` with `paths`",
  "disk.cache.*.path": "`paths`",
  monitor: "the user settings file, `~/.airlock/settings.toml`",
};

/** Former spellings of the user settings. */
export const removedSettingsKeys: RemovedKeys = {
  vault_enabled: "`vault.storage`",
};
