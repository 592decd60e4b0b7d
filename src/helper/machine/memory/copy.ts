import { saveFailed } from "../errors.ts";
import { runProgram } from "../program.ts";

/** Copies the content of one existing file to another: Node knows no holes, and most of a memory is one. */
export async function copyHoled(
  source: string,
  target: string,
  { timeoutMs }: { timeoutMs: number },
): Promise<void> {
  const args = ["--sparse=always", "--reflink=auto", "--", source, target];
  const { code, stderr } = await runProgram({ command: "cp", args }, { timeoutMs });
  if (code !== 0) throw saveFailed(`its memory could not be copied (${stderr.trim()})`);
}
