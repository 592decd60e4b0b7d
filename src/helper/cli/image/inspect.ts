import { findImageUse } from "#helper/image/remove.ts";
import { findImage } from "#helper/image/store.ts";
import { formatBytes } from "#shared/bytes.ts";
import { printable } from "#shared/printable.ts";
import { printResult } from "../output.ts";
import { alignRows } from "../style.ts";
import { printJson } from "./texts.ts";

export async function inspectImage(text: string, json: boolean): Promise<void> {
  const use = await findImageUse(text);
  const image = await findImage(use.digest);
  const all = { ...use, path: image?.path, config: image?.config };
  if (json) return await printJson(all);
  const { config } = all;
  const rows: [string, string][] = [
    ["Name", use.name],
    ["Tags", use.tags.join(" ")],
    ["Digest", use.digest],
    ["Source", use.source],
    ["Size", formatBytes(use.sizeBytes)],
    ["File", all.path ?? ""],
    ["Created", use.createdAt.toISOString()],
    ["Last used", use.lastUsedAt.toISOString()],
    ["Used by", use.usedBy.join(" ")],
    ["User", config?.user || "root"],
    ["Entrypoint", (config?.entrypoint ?? []).join(" ")],
    ["Command", (config?.cmd ?? []).join(" ")],
    ["Directory", config?.workingDir ?? ""],
    ["Environment", (config?.env ?? []).join(" ")],
  ];
  // What stands in an image is anybody's text.
  const told = rows
    .filter(([, value]) => value !== "")
    .map(([label, value]): [string, string] => [label, printable(value).replaceAll("\n", " ")]);
  await printResult(`${alignRows(told, (label) => label).trimEnd()}\n`);
}
