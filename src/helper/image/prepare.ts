import type { Descriptor, ImageManifest } from "#core/oci/documents.ts";
import type { Architecture } from "#core/oci/platform.ts";
import { type ImageReference, parseReference } from "#core/oci/reference.ts";
import { type ChangeOptions, decide } from "./change.ts";
import { asImageError, ImageError, imageCancelled, imageTooLarge, isOfCaller } from "./errors.ts";
import { hostArchitecture } from "./hostArchitecture.ts";
import { ArchiveStamp, findInstead, findPinned, networkCodes, noteMeaning } from "./meaning.ts";
import { type ImageProgress, PullProgress } from "./progress.ts";
import { withPullLock } from "./pullLock.ts";
import { Rate } from "./rate.ts";
import { noticeRebuilt } from "./rebuilt.ts";
import type { Pace } from "./registry/http.ts";
import { type ResolvedImage, readConfig, resolveImage } from "./resolve.ts";
import { keepSignIn, type SignIn, type SignInOptions, withSignIn } from "./signIn.ts";
import { imageSizeLimit } from "./sizeLimit.ts";
import type { ImageSource } from "./source.ts";
import { selectSource } from "./sources/select.ts";
import { addImage, findImage, type StoredImage, touchImage } from "./store.ts";
import { withSmallYoungGeneration } from "./youngGeneration.ts";

export type ImageRequest = {
  /** `vm.image.name` */
  readonly name: string;
  readonly resolution: "auto" | "docker" | "registry";
  readonly insecure: boolean;
  /** Where relative `oci:` paths start. */
  readonly projectDir: string;
};

export type PrepareOptions = ChangeOptions &
  SignInOptions & {
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: ImageProgress) => void;
    /** Something the user may want to know although it went well. */
    readonly onNotice?: (text: string) => void;
    /** Upper bound of the unpacked image; without it, what the user has set. */
    readonly maxBytes?: number;
    /** Asks the registry although the image is known. */
    readonly refresh?: boolean;
    /** Image that the user has pulled for this project: it counts instead of what its name stands for. */
    readonly pulled?: { readonly name: string; readonly digest: string } | undefined;
    /** Deadlines of the network. */
    readonly pace?: Pace | undefined;
  };

type Job = {
  readonly request: ImageRequest;
  readonly reference: ImageReference;
  readonly options: PrepareOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImageProgress) => void;
  /** Upper bound of the unpacked image. */
  readonly limit: () => Promise<number>;
  /** What the user has typed for the registry. */
  readonly given?: SignIn | undefined;
  /** The file that the image is in. */
  readonly archived?: ArchiveStamp | undefined;
};

/** Makes sure that the image is in the store, and returns it. */
export async function prepareImage(
  request: ImageRequest,
  options: PrepareOptions = {},
): Promise<StoredImage> {
  const signal = options.signal ?? new AbortController().signal;
  const onProgress = options.onProgress ?? (() => undefined);
  const { name } = request;
  try {
    signal.throwIfAborted();
    const reference = parseReference(name);
    const limit = async () => options.maxBytes ?? (await imageSizeLimit());
    return await prepare({ request, reference, options, signal, onProgress, limit });
  } catch (error) {
    if (signal.aborted) throw imageCancelled(name);
    throw isOfCaller(error) ? error : asImageError(error, name);
  }
}

async function prepare(plain: Job): Promise<StoredImage> {
  const { reference, request } = plain;
  const archived =
    reference.source === "archive"
      ? await ArchiveStamp.of(reference, request.projectDir)
      : undefined;
  const job = { ...plain, archived };
  const known = await knownImage(job);
  if (known !== undefined) return await decided(job, known);
  return await withSignIn(job, (given) => prepareUnknown({ ...job, given }));
}

async function prepareUnknown(job: Job): Promise<StoredImage> {
  const { request, reference, options, signal } = job;
  try {
    return await withSmallYoungGeneration(() => lookUp(job));
  } catch (error) {
    if (signal.aborted || options.refresh || reference.source !== "named") throw error;
    const stored = await findInstead({ ...request, name: reference.name }, error);
    if (stored === undefined) throw error;
    const reason = error instanceof Error ? error.message : "";
    const text = `${request.name} could not be looked up (${reason}); the stored image is used`;
    options.onNotice?.(text);
    return await decided(job, stored);
  }
}

async function lookUp(job: Job): Promise<StoredImage> {
  const { request, reference, options, signal } = job;
  const text = `resolving ${request.name}`;
  job.onProgress({ phase: "resolve", text, doneBytes: null, totalBytes: null });
  const { onNotice = () => undefined, pace } = options;
  const onExport = exportProgress(job);
  const credentials = job.given && { kind: "password" as const, ...job.given };
  const how = { signal, onNotice, pace, onExport, credentials, limit: job.limit };
  const source = await selectSource(reference, { ...request, ...how });
  let outcome: "keep" | "discard" = "discard";
  try {
    return await fromSource(job, source);
  } catch (error) {
    if (signal.aborted || isAboutNetwork(error)) outcome = "keep";
    throw error;
  } finally {
    await source.close?.(outcome);
  }
}

/** An image that is stored and that nobody has to be asked about. */
async function knownImage(job: Job): Promise<StoredImage | undefined> {
  const { request, reference, options } = job;
  if (options.refresh) return undefined;
  if (reference.source !== "named") return await job.archived?.find();
  const { previous, pulled } = options;
  if (pulled?.name === request.name) {
    const image = await findImage(pulled.digest);
    if (image !== undefined) return image;
  }
  if (previous?.name === request.name) {
    const image = await findImage(previous.digest);
    if (image !== undefined) {
      // The start does not wait for an answer that changes nothing.
      noticeRebuilt(image, { ...request, reference: reference.name, ...options });
      return image;
    }
  }
  return await findPinned(reference.name);
}

async function decided({ request, options }: Job, image: StoredImage): Promise<StoredImage> {
  const kept = await decide(options, { name: request.name, digest: image.digest });
  return await touchImage(kept ?? image, request.name);
}

async function fromSource(job: Job, source: ImageSource): Promise<StoredImage> {
  const { request, reference, options, signal } = job;
  const { name } = request;
  const architecture = hostArchitecture();
  const identity = await source.identify?.(signal);
  const resolved =
    identity === undefined ? await resolveImage(source, architecture, signal) : undefined;
  await keep(job);
  const digest = identity ?? resolved?.digest ?? "";
  const kept = await decide(options, { name, digest });
  if (kept !== undefined) return await touchImage(kept, name);
  const stored = await findImage(digest);
  const image =
    stored === undefined
      ? await pull(job, { source, digest, resolved, architecture })
      : await touchImage({ ...stored, source: source.name }, name);
  await noteMeaning(reference, source.name, { digest, listedDigest: resolved?.listedDigest });
  await job.archived?.note(digest);
  return image;
}

/** The registry has let us in: the sign-in may be kept. */
async function keep({ reference, given, options }: Job): Promise<void> {
  if (!given?.keep || reference.source !== "named") return;
  // The image is what the user wants; that the sign-in was not kept is worth a word only.
  await keepSignIn(reference.name, given).catch((error: unknown) =>
    options.onNotice?.(error instanceof Error ? error.message : String(error)),
  );
}

type Pull = {
  readonly source: ImageSource;
  readonly digest: string;
  readonly resolved: ResolvedImage | undefined;
  readonly architecture: Architecture;
};

/** Adds the image to the store, or waits for another process that does. */
async function pull(job: Job, { source, digest, resolved, architecture }: Pull) {
  const { request, signal, onProgress } = job;
  const { name } = request;
  const onFollow = (progress: ImageProgress) =>
    onProgress({ ...progress, text: `waiting for another process that is ${progress.text}` });
  return await withPullLock(digest, { signal, onFollow }, async (share) => {
    const stored = await findImage(digest);
    if (stored !== undefined) return await touchImage({ ...stored, source: source.name }, name);
    const { manifest } = resolved ?? (await resolveImage(source, architecture, signal));
    const parsed = await readConfig(source, manifest, { architecture, signal });
    const image = { name, digest, source: source.name, config: parsed.config };
    const maxBytes = await job.limit();
    checkTransfer(manifest, maxBytes);
    const progress = pullProgress(source, manifest, { name, emit: both(onProgress, share) });
    source.fetch?.(topFirst(manifest), (blob, count) => progress.fetched(blob, count));
    const { createdSeconds } = parsed;
    const onBytes = (blob: string, count: number) => progress.unpacked(blob, count);
    const { layers } = manifest;
    const conversion = { source, layers, digest, createdSeconds, maxBytes, signal, onBytes };
    // Most starts find their image in the store.
    const { convertLayers } = await import("./convert.ts");
    return await addImage(image, (sink) => convertLayers(conversion, sink));
  });
}

/** What is larger than it may be when unpacked is not even fetched. */
function checkTransfer({ layers }: ImageManifest, maxBytes: number): void {
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw imageTooLarge(maxBytes, total);
}

function exportProgress({ request, onProgress }: Job) {
  const text = `exporting ${request.name} from Docker`;
  const rate = new Rate();
  return (doneBytes: number, totalBytes: number | null) => {
    const speed = rate.measure(doneBytes, totalBytes);
    onProgress({ phase: "pull", text, doneBytes, totalBytes, ...speed });
  };
}

function pullProgress(
  source: ImageSource,
  manifest: ImageManifest,
  { name, emit }: { name: string; emit: (progress: ImageProgress) => void },
): PullProgress {
  const layers = topFirst(manifest);
  return new PullProgress({ name, layers, isFetched: source.fetch !== undefined }, emit);
}

function both<T>(first: (value: T) => void, second: (value: T) => void): (value: T) => void {
  return (value) => {
    first(value);
    second(value);
  };
}

/** The order in which layers are read. */
function topFirst({ layers }: ImageManifest): Descriptor[] {
  return [...layers].reverse();
}

function isAboutNetwork(error: unknown): boolean {
  return error instanceof ImageError && networkCodes.includes(error.code);
}
