// Checks that a Go new enough for the guest agent is there.
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { findProgram, outputOf, root, SetupError } from "./run.mjs";

/**
 * Puts Go on this process's PATH and checks its version. A login shell of another user often lacks
 * the place where Go's own installer puts it, so that place is tried too.
 */
export function requireGo() {
  const go = findProgram(
    "go",
    "/usr/local/go/bin/go",
    "/usr/lib/go/bin/go",
    "/opt/homebrew/bin/go",
  );
  if (!go)
    throw new SetupError(
      `Go ${wantedVersion().join(".")} or newer is needed to build the guest agent: install it from go.dev or your system's packages.`,
    );
  process.env.PATH = [process.env.PATH ?? "", dirname(go)].join(delimiter);
  const found = /go(\d+)\.(\d+)/.exec(outputOf(go, ["version"]) ?? "");
  const [major, minor] = wantedVersion();
  // From 1.21 on, Go fetches a newer toolchain by itself when the module asks for one.
  if (found && (Number(found[1]) > 1 || Number(found[2]) >= 21)) return;
  throw new SetupError(
    `Go ${major}.${minor} or newer is needed to build the guest agent, ${go} is ${found?.[0] ?? "of an unknown version"}.`,
  );
}

function wantedVersion() {
  const module = readFileSync(join(root, "guest", "go.mod"), "utf8");
  const match = /^go (\d+)\.(\d+)/m.exec(module);
  return [Number(match?.[1] ?? 1), Number(match?.[2] ?? 21)];
}
