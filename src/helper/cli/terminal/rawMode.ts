import { spawnSync } from "node:child_process";

const modifyOtherKeysOn = "\u001b[>4;1m";
const modifyOtherKeysOff = "\u001b[>4m";

/**
 * Puts the terminal into raw mode, in which every key goes to the guest, and asks for xterm's
 * modifyOtherKeys level 1 so that Shift+Enter can be told from Enter. Returns how to undo it, which
 * also happens when the process exits in any other way.
 */
export function enterRawMode(): () => void {
  if (!process.stdin.isTTY) return () => undefined;
  let raw = true;
  process.stdin.setRawMode(true);
  // Node's raw mode leaves output processing on, which would turn the line feeds by which full-screen
  // programs move down into new lines. Leaving raw mode restores this too.
  spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"], timeout: 2_000 });
  toTerminal(modifyOtherKeysOn);
  const leave = () => {
    if (!raw) return;
    raw = false;
    process.removeListener("exit", leave);
    toTerminal(modifyOtherKeysOff);
    try {
      process.stdin.setRawMode(false);
    } catch {
      // The terminal has been closed: nothing is left to restore.
    }
  };
  process.once("exit", leave);
  return leave;
}

/** Control sequences go to the terminal only, never into a redirected output. */
function toTerminal(sequence: string): void {
  if (process.stdout.isTTY) process.stdout.write(sequence);
}

/** The terminal's size; 80 × 24 where it cannot be known. */
export function terminalSize(): { rows: number; columns: number } {
  const stream = [process.stdout, process.stderr].find((one) => one.isTTY);
  return { rows: stream?.rows || 24, columns: stream?.columns || 80 };
}
