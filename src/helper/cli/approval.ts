import type { Review } from "#helper/approval/review.ts";
import { say } from "./output.ts";
import { choose } from "./prompt.ts";
import { palette } from "./style.ts";

/** Shows on the terminal what a configuration asks for, and asks; no answer is a no. */
export async function askForApproval(review: Review): Promise<boolean> {
  const isFirst = review.approved.length === 0;
  say(
    isFirst
      ? "The configuration reaches beyond the sandbox:"
      : "The configuration reaches beyond the sandbox, and has changed since you approved it:",
  );
  say(`\n${coloured(isFirst ? review.request.after : review.request.diff)}`);
  const answer = await choose("Approve this for the project?", {
    choices: ["yes", "no"],
    preselected: "no",
  });
  return answer === "yes";
}

function coloured(text: string): string {
  const { good, bad, faint } = palette(process.stderr);
  const paint = (line: string) => {
    if (/^(?:---|\+\+\+|@@)/.test(line)) return faint(line);
    if (line.startsWith("+")) return good(line);
    return line.startsWith("-") ? bad(line) : line;
  };
  return text.split("\n").map(paint).join("\n");
}
