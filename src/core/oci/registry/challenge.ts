/** One way of signing in that a server offers in `WWW-Authenticate`. */
export type Challenge = {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
};

const parameterPattern = /[\s,]*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y;
const schemePattern = /[\s,]*([A-Za-z][\w-]*)(?=[\s,]|$)/y;

/** All challenges of the header, in order; what cannot be read ends the list. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  while (at < header.length) {
    const current = challenges.at(-1);
    const parameter = current === undefined ? null : matchAt(parameterPattern, header, at);
    if (current !== undefined && parameter !== null) {
      const [whole, name = "", quoted, plain = ""] = parameter;
      current.parameters[name.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain;
      at += whole.length;
      continue;
    }
    const scheme = matchAt(schemePattern, header, at);
    if (scheme === null) break;
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: {} });
    at += scheme[0].length;
  }
  return challenges;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
