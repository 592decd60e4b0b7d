// Builds the guest agent as a static program.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../src/shared/version.ts";
import { developmentCache } from "./debian.ts";
import { debianArchitecture, type GuestArch } from "./guestArch.ts";

/** Compiles guest/cmd/agent; Go's own build cache makes a repeated call cheap. */
export function buildAgent(arch: GuestArch): Buffer {
  const directory = join(developmentCache, "agent", arch);
  mkdirSync(directory, { recursive: true });
  const output = join(directory, "agent");
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", `-s -w -X main.version=${version}`];
  execFileSync("go", ["build", ...flags, "-o", output, "./cmd/agent"], {
    cwd: join(import.meta.dirname, "..", "..", "guest"),
    env: { ...process.env, CGO_ENABLED: "0", GOOS: "linux", GOARCH: debianArchitecture[arch] },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return readFileSync(output);
}
