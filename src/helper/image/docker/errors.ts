import { ImageError } from "../errors.ts";

/** Nothing says where a daemon could be. */
export function noDaemon(tried: readonly string[]): ImageError {
  const where = tried.length > 0 ? ` (no ${tried.join(", no ")})` : "";
  return new ImageError("daemon", `there is no Docker daemon here${where}`, {
    hint: "Start Docker or Podman, or set DOCKER_HOST to where it listens.",
  });
}

/** What names the daemon is wrong: DOCKER_HOST, DOCKER_CONTEXT, a context or its certificates. */
export function badDaemonAddress(origin: string, problem: string, hint?: string): ImageError {
  return new ImageError("daemon", `${origin}: ${problem}`, { hint });
}

/** A request that failed before the daemon answered. */
export function daemonUnreachable(where: string, cause: unknown): ImageError {
  const code = errorCode(cause);
  if (code === "EACCES" || code === "EPERM") {
    return new ImageError("daemon", `no permission to use the Docker daemon at ${where}`, {
      hint: "Add yourself to the group docker and log in again, or use rootless Docker or Podman.",
      cause,
    });
  }
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : String(code);
  const message = `no Docker daemon answers at ${where}: ${reasons[code ?? ""] ?? reason}`;
  return new ImageError("daemon", message, { hint: "Is Docker or Podman running?", cause });
}

/** A request that the daemon answered with an error. */
export function daemonRefused(where: string, cause: unknown): ImageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ImageError("daemon", `the Docker daemon at ${where} says: ${reason}`, { cause });
}

/** It was asked and does not answer in time. */
export function daemonSilent(where: string, seconds: number): ImageError {
  return new ImageError(
    "daemon",
    `the Docker daemon at ${where} has sent nothing for ${seconds} seconds`,
  );
}

/** A daemon that lists an image but cannot hand out this very image. */
export function exportMismatch(where: string, id: string): ImageError {
  return new ImageError("daemon", `what the Docker daemon at ${where} exports is not ${id}`);
}

/** The daemon's image is for machines of another kind. */
export function daemonPlatform(found: string, wanted: string): ImageError {
  return new ImageError("platform", `the Docker daemon's image is for ${found}, not for ${wanted}`);
}

/** The daemon has no image of this name. */
export function notInDaemon(wheres: readonly string[]): ImageError {
  return new ImageError(
    "not-found",
    `the Docker daemon at ${wheres.join(" or ")} has no such image`,
    {
      hint: "List its images with docker image ls or podman image ls.",
    },
  );
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection is refused",
  ENOENT: "there is no such socket",
  ENOTFOUND: "the host is not known",
  EAI_AGAIN: "the host's name cannot be looked up",
};

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
