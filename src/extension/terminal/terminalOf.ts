/** What VS Code knows of how a terminal was made, until the window is reloaded. */
export type TerminalOptionsLike = {
  readonly shellArgs?: string | readonly string[];
  readonly cwd?: string | { readonly fsPath: string };
  /** All that terminals of extensions have. */
  readonly name?: string;
};

/** Whether a terminal is one of the sandbox of a folder, whichever version of the extension made it. */
export function isTerminalOf(folder: string, { shellArgs, cwd }: TerminalOptionsLike): boolean {
  if (typeof shellArgs === "string" || shellArgs === undefined) return false;
  const [program, command] = shellArgs;
  const isOurs = /[\\/]dist[\\/]airlock\.cjs$/.test(program ?? "") && command === "exec";
  return isOurs && (typeof cwd === "object" ? cwd.fsPath : cwd) === folder;
}
