import { open } from "node:fs/promises";

/**
 * The last lines of a log, without what the firmware prints; empty if unreadable. When the kernel
 * has panicked, the lines begin at the panic: its reason stands above a long trace.
 */
export async function logTail(path: string, { lines = 12 } = {}): Promise<string> {
  const text = await lastBytes(path, 16_384).catch(() => "");
  const all = printableLines(text);
  const panic = all.findIndex((line) => line.includes("Kernel panic"));
  if (panic < 0) return all.slice(-lines).join("\n");
  return all.slice(Math.max(0, panic - 2), panic + lines - 2).join("\n");
}

/** Non-empty lines of a console's output in plain characters. */
export function printableLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(escapeSequence, "").replace(controlCharacter, ""))
    .map((line) => line.replace(firmwareText, "").trimEnd())
    .filter((line) => line !== "");
}

/** SeaBIOS ends its last line nowhere, so that the kernel's first one follows on it. */
const firmwareText = /^(?:SeaBIOS \(version.*|Booting from ROM\.*)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: a console's output is full of them.
const escapeSequence = /\u001b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Za-z0-9]|c)/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a console's output is full of them.
const controlCharacter = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

async function lastBytes(path: string, count: number): Promise<string> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, count);
    const { buffer, bytesRead } = await handle.read({
      buffer: Buffer.alloc(length),
      length,
      position: size - length,
    });
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
