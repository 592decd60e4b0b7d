// A home and a project of its own in which a test prepares images. To be called in a describe block.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach } from "node:test";
import { type ImageRequest, type PrepareOptions, prepareImage } from "#helper/image/prepare.ts";
import type { StoredImage } from "#helper/image/store.ts";
import { readErofs } from "./erofsReader.ts";

export type ImageWorld = {
  /** The project; removed at the end. */
  readonly scratch: string;
  /** Empty before each test. */
  readonly home: string;
  /** Place for an OCI layout, `oci:layout` for the project; empty before each test. */
  readonly layout: string;
  prepare(
    name?: string,
    options?: PrepareOptions,
    request?: Partial<ImageRequest>,
  ): Promise<StoredImage>;
  /** Names in a directory of the cache, such as `images`. */
  cached(directory: string): string[];
};

export function imageWorld(name: string): ImageWorld {
  const scratch = mkdtempSync(join(tmpdir(), `airlock-${name}-`));
  const [home, layout] = [join(scratch, "home"), join(scratch, "layout")];
  const saved = process.env.HOME;
  before(() => {
    process.env.HOME = home;
  });
  beforeEach(() => {
    for (const path of [home, layout]) rmSync(path, { recursive: true, force: true });
  });
  after(() => {
    process.env.HOME = saved;
    rmSync(scratch, { recursive: true, force: true });
  });
  return {
    scratch,
    home,
    layout,
    prepare: (image = "oci:layout", options = {}, request = {}) => {
      const usual = { resolution: "auto", insecure: false, projectDir: scratch } as const;
      return prepareImage({ name: image, ...usual, ...request }, options);
    },
    cached: (directory) => {
      const path = join(home, ".cache/airlock", directory);
      return existsSync(path) ? readdirSync(path) : [];
    },
  };
}

/** The regular files of an image with their content as text. */
export function filesOf(path: string): Record<string, string> {
  const found = [...readErofs(readFileSync(path))].filter(([, { kind }]) => kind === "file");
  return Object.fromEntries(found.map(([name, { content }]) => [name, content.toString()]));
}
