import { type Effective, effectiveSchema } from "#shared/protocol/effective.ts";

/** The document that shows a program's answer: the configuration, below the errors if it has any. */
export function effectiveDocument(
  stdout: string,
  stderr: string,
): Pick<Effective, "text" | "links"> {
  const answer = parseEffective(stdout);
  if (answer?.hasErrors === false) return { text: answer.text, links: answer.links };
  const problems = stderr.trim().split("\n");
  const lines = ["# The configuration has errors:", ...problems.map((line) => `# ${line}`)];
  const links = problems.flatMap(problemLink);
  if (answer === undefined) return { text: `${lines.join("\n")}\n`, links };
  lines.push("", "# What the rest of it amounts to:", "");
  return {
    text: `${lines.join("\n")}\n${answer.text}`,
    links: [...links, ...answer.links.map((link) => ({ ...link, line: link.line + lines.length }))],
  };
}

/** Problems stand from the second line on, behind a comment sign. */
function problemLink(problem: string, index: number): Effective["links"] {
  const match = /^(?<path>\/.*?):(?<line>\d+):(?<column>\d+)(?=: )/.exec(problem);
  if (match?.groups === undefined) return [];
  const { path = "", line, column } = match.groups;
  const start = { line: Number(line), column: Number(column) };
  return [{ line: index + 2, column: 3, text: match[0], path, start }];
}

/** What `airlock config --origins --json` printed; undefined when it could make nothing of the files. */
export function parseEffective(stdout: string): Effective | undefined {
  return effectiveSchema.safeParse(parseJson(stdout)).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The program printed nothing, because of the errors that its other output tells.
    return undefined;
  }
}
