// Programs that tests run in the guest, static ones for the machine's CPU.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds a program of `test/support/guest` as the file. */
export function guestProgram(name: string, file: string): void {
  execFileSync("go", ["build", "-o", file, join(import.meta.dirname, "guest", `${name}.go`)], {
    env: { ...process.env, CGO_ENABLED: "0", GOOS: "linux", GO111MODULE: "off" },
  });
}
