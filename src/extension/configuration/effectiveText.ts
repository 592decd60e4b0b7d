import { type Effective, effectiveSchema } from "#shared/protocol/effective.ts";

/** The document that shows a program's answer: the configuration, or why there is none. */
export function effectiveDocument(
  stdout: string,
  stderr: string,
): Pick<Effective, "text" | "links"> {
  const answer = parseEffective(stdout);
  if (answer !== undefined) return { text: answer.text, links: answer.links };
  const problems = stderr.trim().split("\n");
  const lines = ["# The configuration has errors:", ...problems.map((line) => `# ${line}`)];
  return { text: `${lines.join("\n")}\n`, links: problems.flatMap(problemLink) };
}

/** Problems stand from the second line on, behind a comment sign. */
function problemLink(problem: string, index: number): Effective["links"] {
  const match = /^(?<path>\/.*?):(?<line>\d+):(?<column>\d+)(?=: )/.exec(problem);
  if (match?.groups === undefined) return [];
  const { path = "", line, column } = match.groups;
  const start = { line: Number(line), column: Number(column) };
  return [{ line: index + 2, column: 3, text: match[0], path, start }];
}

/** What `airlock config --origins --json` printed; undefined when the configuration has errors. */
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
