/** CPU types that a machine may have. */
export type GuestArch = "x64" | "arm64";

export const debianArchitecture: Record<GuestArch, string> = { x64: "amd64", arm64: "arm64" };

/** The CPU type named on a script's command line, this computer's without one. */
export function guestArchOf(word: string = process.arch): GuestArch {
  if (word === "x64" || word === "arm64") return word;
  throw new Error(`no guest for the CPU type ${word}`);
}
