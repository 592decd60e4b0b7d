import { execa } from "execa";
import { firstKernelLine, probeArgv } from "#core/machine/probe.ts";
import type { Accelerator, MachineArch } from "#core/machine/spec.ts";
import { dyingWithParent } from "../dyingWithParent.ts";
import { printableLines } from "../log/logTail.ts";
import { sparseEnvironment } from "../process.ts";
import type { Qemu } from "../qemu.ts";

export type ProbeResult = { works: boolean; detail: string };

export type ProbeOptions = {
  kernelPath: string;
  qemu: Qemu;
  arch?: MachineArch;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
};

/** Boots the kernel until it speaks. A broken accelerator often hangs instead of failing. */
export async function probeAccelerator(
  accelerator: Accelerator,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const { qemu, kernelPath, signal, timeoutMs = 2000 } = options;
  signal?.throwIfAborted();
  const arch = options.arch ?? (process.arch === "arm64" ? "arm64" : "x64");
  const hostOs = process.platform === "darwin" ? "darwin" : "linux";
  const args = probeArgv({ arch, hostOs, accelerator, kernelPath });
  const call = await dyingWithParent({ command: qemu.path, args });
  const startedAt = performance.now();
  const subprocess = execa(call.command, call.args, {
    stdin: "ignore",
    env: sparseEnvironment(),
    extendEnv: false,
    reject: false,
    buffer: false,
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(signal && { cancelSignal: signal }),
  });
  let spoken = "";
  let spokeAfterMs: number | undefined;
  subprocess.stdout.on("data", (chunk: Buffer) => {
    spoken = (spoken + chunk.toString("latin1")).slice(-4096);
    if (spokeAfterMs !== undefined || !spoken.includes(firstKernelLine)) return;
    spokeAfterMs = Math.round(performance.now() - startedAt);
    subprocess.kill("SIGKILL");
  });
  let complaint = "";
  subprocess.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-2048);
  });
  const result = await subprocess;
  signal?.throwIfAborted();
  if (spokeAfterMs !== undefined) return { works: true, detail: `${spokeAfterMs} ms` };
  if (result.timedOut) {
    return { works: false, detail: `the kernel printed nothing within ${timeoutMs / 1000} s` };
  }
  return { works: false, detail: firstComplaint(complaint) };
}

/** QEMU's first line says what is wrong; an assertion or a trace may follow. */
function firstComplaint(text: string): string {
  const line = printableLines(text)[0] ?? "QEMU ended at once";
  return line.replace(/^\S*qemu-system-\S+: /, "").replace(/\.+$/, "");
}
