import { type ExecFileOptionsWithStringEncoding, execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { formatSize } from "#core/config/sizes.ts";
import type { KnownImage } from "#core/language/context.ts";
import { parseReference } from "#core/oci/reference.ts";
import { imageNames } from "#shared/protocol/imageNames.ts";

/** More records than anybody keeps are not read while somebody waits for a list. */
const maxRecords = 200;
const record = z.object({ name: z.string(), sizeBytes: z.number() });

/** As long as somebody who types may wait; what comes later is proposed with the next key. */
const patienceMs = 300;
const answerMs = 15_000;
const localFreshMs = 15_000;
const tagsFreshMs = 5 * 60_000;
const maxLookups = 50;

type Lookup = { startedAt: number; images: readonly KnownImage[]; done: Promise<void> };

/** The images to propose: those stored here, those of a local Docker, and the tags of a registry. */
export class Images {
  private readonly program: string;
  private store: { changedAt: number; images: readonly KnownImage[] } | undefined;
  private readonly lookups = new Map<string, Lookup>();

  /** `program` is the command line tool, which knows daemons, registries and how to sign in there. */
  constructor(program: string) {
    this.program = program;
  }

  /** The images that this machine has stored already. */
  async stored(): Promise<readonly KnownImage[]> {
    const directory = join(homedir(), ".cache", "airlock", "images");
    const changedAt = (await stat(directory).catch(() => undefined))?.mtimeMs;
    if (changedAt === undefined) return [];
    if (this.store?.changedAt !== changedAt) {
      this.store = { changedAt, images: await readImages(directory) };
    }
    return this.store.images;
  }

  /**
   * What others have, for a name that is being typed. Never later than anybody wants to wait: questions
   * go on by themselves and their answers are kept.
   */
  async elsewhere(typed: string): Promise<KnownImage[]> {
    const repository = repositoryOf(typed);
    const lookups = [
      this.lookUp("", localFreshMs),
      ...(repository === undefined ? [] : [this.lookUp(repository, tagsFreshMs)]),
    ];
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([Promise.all(lookups.map(({ done }) => done)), patience]);
    clearTimeout(timer);
    return lookups.flatMap(({ images }) => images);
  }

  /** The answer to a question, or what the last one was as long as the next is on its way. */
  private lookUp(repository: string, freshMs: number): Lookup {
    const known = this.lookups.get(repository);
    if (known !== undefined && performance.now() - known.startedAt < freshMs) return known;
    const lookup: Lookup = {
      ...{ startedAt: performance.now(), images: known?.images ?? [] },
      done: this.ask(repository).then((images) => {
        if (images !== undefined) lookup.images = images;
      }),
    };
    this.lookups.delete(repository);
    this.lookups.set(repository, lookup);
    const [oldest] = this.lookups.keys();
    if (this.lookups.size > maxLookups && oldest !== undefined) this.lookups.delete(oldest);
    return lookup;
  }

  /** Undefined when there was no answer: no such registry, no network, no program. */
  private ask(repository: string): Promise<readonly KnownImage[] | undefined> {
    const names = repository === "" ? [] : ["--", repository];
    const options: ExecFileOptionsWithStringEncoding = {
      ...{ cwd: homedir(), timeout: answerMs, killSignal: "SIGKILL", maxBuffer: 1 << 20 },
      ...{ encoding: "utf8", env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } },
    };
    const args = [this.program, "image", "names", ...names];
    return new Promise((resolve) => {
      execFile(process.execPath, args, options, (error, stdout) => {
        resolve(error === null ? readNames(stdout) : undefined);
      });
    });
  }
}

/** The repository whose tags are asked for: there is a colon, and no tag of another kind of image. */
function repositoryOf(typed: string): string | undefined {
  const colon = typed.lastIndexOf(":");
  if (colon < 0 || colon < typed.lastIndexOf("/")) return undefined;
  const repository = typed.slice(0, colon);
  try {
    return parseReference(`${repository}:x`).source === "named" ? repository : undefined;
  } catch {
    // What is typed so far names no repository.
    return undefined;
  }
}

function readNames(stdout: string): readonly KnownImage[] | undefined {
  try {
    return imageNames.parse(JSON.parse(stdout)).images;
  } catch {
    // Another version of the program answers in its own way.
    return undefined;
  }
}

async function readImages(directory: string): Promise<KnownImage[]> {
  const names = await readdir(directory).catch(() => []);
  const records = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).slice(0, maxRecords);
  const images = await Promise.all(records.map((name) => readImage(join(directory, name))));
  return images.filter((image) => image !== undefined);
}

async function readImage(path: string): Promise<KnownImage | undefined> {
  try {
    const { name, sizeBytes } = record.parse(JSON.parse(await readFile(path, "utf8")));
    return { name, detail: `stored, ${formatSize(Math.ceil(sizeBytes / 2 ** 20) * 2 ** 20)}` };
  } catch {
    // A record that another version writes, or that was just removed, is no image to propose.
    return undefined;
  }
}
