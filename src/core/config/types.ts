/** Where a value comes from; later scopes win over earlier ones. */
export type ConfigScope = "default" | "preset" | "user" | "project" | "local";

/** One configuration file: its format follows from the extension of `path`. */
export type ConfigSource = { scope: "user" | "project" | "local"; path: string; text: string };

/** What validation has to know of the machine that will run the sandbox. */
export type HostFacts = {
  /** As Node's `process.platform`. */
  platform: string;
  /** CPUs this process may use. */
  cpus: number;
  /** Physical memory. */
  memoryBytes: number;
  /** Whether the host has a variable; left out by whoever cannot know. */
  hasVariable?: (name: string) => boolean;
};

/** 1-based line and column; columns count UTF-16 units, as editors do. */
export type Position = { line: number; column: number };
export type Range = { start: Position; end: Position };

export type Diagnostic = {
  severity: "error" | "warning";
  /** Stable id of the kind of problem, such as `unknown-key`. */
  code: string;
  message: string;
  /** File the range is in; `preset:<name>` for a built-in preset. */
  path: string;
  range: Range;
  /** Dotted path of the key concerned; empty for a whole file. */
  keyPath: string;
  /** Nearest valid key or value. */
  suggestion?: string;
  /** The other places that the problem is made of. */
  related?: readonly Related[];
};

/** A place, and what it has to do with a problem. */
export type Related = { path: string; range: Range; message: string };

/** One place that sets a value. */
export type Origin = {
  scope: ConfigScope;
  path: string;
  /** Range of the value; for a table with a header, of its name there. */
  range: Range;
  /** Range of the last segment of the key; absent for list elements. */
  keyRange?: Range | undefined;
};

/** A configured feature that this version parses but does not act on yet. */
export type NotActive = { keyPath: string; path: string; range: Range };

export const startOfFile: Range = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };
