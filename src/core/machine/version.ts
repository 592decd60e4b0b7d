export type QemuVersion = { major: number; minor: number; micro: number };

/** The oldest QEMU that has every device and option used here. */
export const minimumQemuVersion: QemuVersion = { major: 7, minor: 2, micro: 0 };

/** The version in what `qemu-system-… --version` prints. */
export function parseQemuVersion(text: string): QemuVersion | undefined {
  const match = /^QEMU emulator version (\d+)\.(\d+)(?:\.(\d+))?/m.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), micro: Number(match[3] ?? 0) };
}

export function formatQemuVersion({ major, minor, micro }: QemuVersion): string {
  return `${major}.${minor}.${micro}`;
}

export function isAtLeast(version: QemuVersion, minimum: QemuVersion): boolean {
  const pairs = [
    [version.major, minimum.major],
    [version.minor, minimum.minor],
    [version.micro, minimum.micro],
  ] as const;
  for (const [have, need] of pairs) {
    if (have !== need) return have > need;
  }
  return true;
}
