/** What a program in the guest must know about the terminal it is shown in; nothing else leaks. */
export function terminalEnv(host: NodeJS.ProcessEnv): string[] {
  const { TERM, COLORTERM } = host;
  const entries = [`TERM=${TERM || "xterm-256color"}`];
  if (COLORTERM) entries.push(`COLORTERM=${COLORTERM}`);
  return entries;
}
