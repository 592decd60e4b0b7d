import * as http from "node:http";
import * as https from "node:https";
import Docker from "dockerode";
import * as z from "zod";
import type { FoundEndpoint } from "./endpoints.ts";
import { daemonRefused, daemonSilent, daemonUnreachable, errorCode } from "./errors.ts";

const answerMs = 15_000;
/** Old daemons copy a whole image before they send its first byte. */
const firstByteMs = 15 * 60_000;
const nextByteMs = 2 * 60_000;

const inspected = z.looseObject({
  Id: z.string(),
  Architecture: z.string().nullish(),
  Os: z.string().nullish(),
  Size: z.number().nullish(),
});

const listed = z.array(z.looseObject({ Id: z.string() }));
const named = z.array(z.looseObject({ RepoTags: z.array(z.string()).nullish() }));

export type DaemonImage = {
  /** With its algorithm; changes whenever the tag stands for something else. */
  readonly id: string;
  /** Empty when the daemon does not say. */
  readonly architecture: string;
  readonly os: string;
  /** Roughly what an export will be; undefined when the daemon does not say. */
  readonly sizeBytes: number | undefined;
};

/** The few questions Airlock has for a daemon of Docker or Podman, each with a deadline. */
export class DockerDaemon {
  readonly where: string;
  readonly #docker: Docker;
  readonly #agent: http.Agent;

  constructor({ where, endpoint, tls }: FoundEndpoint) {
    this.where = where;
    // Whatever the environment says has been looked at, and must not be mixed in again.
    const unset = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
    if (endpoint.type === "unix") {
      this.#agent = new http.Agent();
      const { path: socketPath } = endpoint;
      const place = { socketPath, host: undefined, port: undefined, protocol: "http" as const };
      this.#docker = newDocker({ ...unset, ...place, agent: this.#agent });
      return;
    }
    const { hostname: host, port } = endpoint;
    const secrets = { ca: tls?.ca, cert: tls?.cert, key: tls?.key };
    this.#agent = endpoint.tls
      ? new https.Agent({ ...secrets, rejectUnauthorized: tls?.verifies ?? true })
      : new http.Agent();
    const protocol = endpoint.tls ? ("https" as const) : ("http" as const);
    const place = { host, port, protocol, socketPath: undefined };
    this.#docker = newDocker({ ...unset, ...secrets, ...place, agent: this.#agent });
  }

  /** What the daemon has under this name or id; undefined when it has nothing. */
  async inspect(name: string, signal: AbortSignal): Promise<DaemonImage | undefined> {
    const answer = await this.#ask(() => this.#docker.getImage(name).inspect(), signal);
    if (answer === undefined) return undefined;
    const parsed = inspected.safeParse(answer);
    if (!parsed.success) throw daemonRefused(this.where, new Error("it is not a Docker daemon"));
    const { Id, Architecture, Os, Size } = parsed.data;
    return {
      id: withAlgorithm(Id),
      architecture: Architecture ?? "",
      os: Os ?? "",
      sizeBytes: Size ?? undefined,
    };
  }

  /** The id under which the daemon lists this name: some list images that they fail to inspect by name. */
  async findListed(name: string, signal: AbortSignal): Promise<string | undefined> {
    const filters = JSON.stringify({ reference: [name] });
    const answer = await this.#ask(() => this.#docker.listImages({ filters }), signal);
    const found = listed.safeParse(answer).data?.[0];
    return found === undefined ? undefined : withAlgorithm(found.Id);
  }

  /** All names that the daemon has images for. */
  async names(signal: AbortSignal): Promise<string[]> {
    const answer = await this.#ask(() => this.#docker.listImages(), signal);
    const names = named.safeParse(answer).data?.flatMap(({ RepoTags }) => RepoTags ?? []) ?? [];
    return names.filter((name) => !name.includes("<none>"));
  }

  /** The image as `docker save` writes it. Ends with an error when the daemon falls silent. */
  async *exportImage(id: string, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const answer = await this.#ask(() => this.#docker.getImage(id).get(), signal, firstByteMs);
    if (answer === undefined) throw daemonRefused(this.where, new Error(`${id} is gone`));
    const stream = answer as http.IncomingMessage;
    const stop = () => stream.destroy(new Error("cancelled"));
    signal.addEventListener("abort", stop);
    const silent = daemonSilent(this.where, nextByteMs / 1000);
    const timer = setTimeout(() => stream.destroy(silent), nextByteMs);
    try {
      signal.throwIfAborted();
      for await (const chunk of stream) {
        yield chunk as Uint8Array;
        timer.refresh();
      }
      // A connection that is cut ends the stream as if all had come.
      if (!stream.complete) throw new Error("the connection was cut");
    } catch (error) {
      signal.throwIfAborted();
      throw error === silent ? silent : daemonRefused(this.where, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      stream.destroy();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Undefined for "no such thing". */
  async #ask<T>(
    request: () => Promise<T>,
    signal: AbortSignal,
    timeoutMs = answerMs,
  ): Promise<T | undefined> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      return await Promise.race([request(), rejectOn(either)]);
    } catch (error) {
      // A request that nobody waits for any more has to go.
      if (either.aborted) this.close();
      signal.throwIfAborted();
      if (deadline.aborted) throw daemonSilent(this.where, timeoutMs / 1000);
      const status = statusOf(error);
      if (status === 404) return undefined;
      if (status !== undefined) throw daemonRefused(this.where, error);
      throw daemonUnreachable(this.where, error);
    }
  }
}

/** The types of the library leave out that it passes an agent on. */
function newDocker(options: Omit<Docker.DockerOptions, "agent"> & { agent: http.Agent }): Docker {
  // Its constructor reads this variable, and files that belong to it, whatever it is given.
  const { DOCKER_HOST } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return new Docker(options);
  } finally {
    if (DOCKER_HOST !== undefined) process.env.DOCKER_HOST = DOCKER_HOST;
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function statusOf(error: unknown): number | undefined {
  if (errorCode(error) !== undefined || !(error instanceof Error)) return undefined;
  const { statusCode } = error as Error & { statusCode?: number };
  return statusCode;
}

function withAlgorithm(id: string): string {
  return id.includes(":") ? id : `sha256:${id}`;
}
