import * as z from "zod";
import { badArchive, badManifest } from "../errors.ts";

const maxImages = 10_000;
const maxLayers = 1000;

const savedImage = z.looseObject({
  Config: z.string().min(1),
  RepoTags: z.array(z.string()).nullish(),
  Layers: z.array(z.string().min(1)).max(maxLayers).nullish(),
});

const config = z.looseObject({
  rootfs: z.looseObject({
    diff_ids: z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/, "not a sha256 digest")).nullish(),
  }),
});

/** One image of an archive as `docker save` writes it: names of files inside the archive. */
export type SavedImage = {
  readonly config: string;
  /** Full names such as `alpine:3`. */
  readonly tags: readonly string[];
  /** The lowest first. */
  readonly layers: readonly string[];
};

/** Reads `manifest.json`. */
export function parseSaved(text: string): SavedImage[] {
  const parsed = z.array(savedImage).max(maxImages).safeParse(parseJson(text, "manifest.json"));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badArchive(
      `its manifest.json is not valid at ${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
  return parsed.data.map(({ Config, RepoTags, Layers }) => ({
    config: Config,
    tags: RepoTags ?? [],
    layers: Layers ?? [],
  }));
}

/** The digests of the layers as plain archives, the lowest first. */
export function parseDiffIds(configText: string): string[] {
  const parsed = config.safeParse(parseJson(configText, "the image config"));
  if (!parsed.success) throw badManifest("the image config does not name its layers");
  return parsed.data.rootfs.diff_ids ?? [];
}

/** The image meant by `<name>[:tag]` or `@<index>`, or the only one. */
export function selectSaved(images: readonly SavedImage[], wanted: string | undefined): SavedImage {
  const [first] = images;
  if (first === undefined) throw badArchive("it holds no image");
  if (wanted?.startsWith("@")) {
    const found = images[Number(wanted.slice(1))];
    if (found === undefined) throw badArchive(`it has no image number ${wanted.slice(1)}`);
    return found;
  }
  if (wanted !== undefined) {
    const full = fullName(wanted);
    const found = images.find(({ tags }) => tags.some((tag) => fullName(tag) === full));
    if (found !== undefined) return found;
    throw badArchive(`it has no image ${wanted}; ${namesOf(images)}`);
  }
  if (images.length === 1) return first;
  throw badArchive(`it has several images; ${namesOf(images)}`);
}

function namesOf(images: readonly SavedImage[]): string {
  const names = images.flatMap(({ tags }) => tags);
  return names.length > 0 ? `it has ${names.join(", ")}` : "none of its images has a name";
}

// Docker writes `alpine:3`, Podman `docker.io/library/alpine:3`: the same image.
function fullName(name: string): string {
  const short = name.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  const hasTag = short.lastIndexOf(":") > short.lastIndexOf("/");
  return hasTag ? short : `${short}:latest`;
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badManifest(`${what} is not JSON`, { cause });
  }
}
