import type { ApprovalRequest } from "#shared/protocol/status.ts";

/** Lines of a modal dialog that can be read without scrolling. */
const maxLines = 12;
const maxLineLength = 120;

/** The question about a configuration, for a dialog. */
export function approvalText(
  folderName: string,
  { before, after, diff }: ApprovalRequest,
): { message: string; detail: string } {
  const isFirst = before === "";
  const message = isFirst
    ? `The sandbox of ${folderName} asks for more than its own folder.`
    : `The sandbox of ${folderName} asks for something else than you approved.`;
  const lines = isFirst ? split(after) : split(diff).slice(3).filter(isChange);
  const shown = lines.slice(0, maxLines).map(shorten);
  const hidden = lines.length - shown.length;
  const more = hidden > 0 ? [`… and ${hidden} more ${hidden === 1 ? "line" : "lines"}`] : [];
  const end = "Approve only what you know: the sandbox itself can write these files.";
  return { message, detail: [...shown, ...more, "", end].join("\n") };
}

function isChange(line: string): boolean {
  return line.startsWith("+") || line.startsWith("-");
}

function split(text: string): string[] {
  return text.trimEnd().split("\n");
}

function shorten(line: string): string {
  return line.length > maxLineLength ? `${line.slice(0, maxLineLength - 1)}…` : line;
}
