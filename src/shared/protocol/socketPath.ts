/** Longest path of a Unix socket on every host we run on: sun_path less its closing zero (macOS 104). */
export const maxSocketPathBytes = 103;

export type SocketPathInput = {
  /** `<project>/.airlock/sandbox`, symlinks resolved. */
  sandboxDir: string;
  /** `~/.cache/airlock`. */
  cacheDir: string;
  /** SHA-256 of a text, as lower-case hexadecimal digits. */
  sha256hex: (text: string) => string;
};

/**
 * Where the supervisor of a sandbox listens. Both ends compute it, so there is no pointer file that
 * could be stale: beside the state when the path is short enough, else under the user's cache.
 */
export function socketPath({ sandboxDir, cacheDir, sha256hex }: SocketPathInput): string {
  const near = `${sandboxDir}/cli.sock`;
  if (utf8Length(near) <= maxSocketPathBytes) return near;
  return `${cacheDir}/sock/${sha256hex(sandboxDir).slice(0, 16)}.sock`;
}

/** Bytes of a text in UTF-8, counted here because this tier has no TextEncoder. */
function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 0x80) length += 1;
    else if (point < 0x800) length += 2;
    else length += point < 0x10000 ? 3 : 4;
  }
  return length;
}
