// `npm run bench -- image`: what making an image costs, against floors measured in turn in the same run.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { prepareImage } from "#helper/image/prepare.ts";
import { dockerdSkipReason, drainImage, loadImage, startDockerd } from "#test/support/dockerd.ts";
import { largeImage, multiLayers } from "#test/support/multiLayer.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { registrySkipReason, startRegistry } from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";
import { inTurn, median, timed } from "./measure.ts";
import type { Figure, Section } from "./report.ts";

/** How much slower than the slowest thing that has to be done anyway. */
const floorGoal = { ratio: 1.5 };
const unpackGoal = { ratio: 1 / 5 };
const writerGoal = { ratio: 0.5 };
const storedGoal = { totalMs: 20 };

/** Debian 12 has one that reads no tar archives; this may name another one, with its loader before it. */
const ownMkfs = process.env.AIRLOCK_MKFS_EROFS;
const [mkfs = "", ...mkfsWords] = (ownMkfs ?? "mkfs.erofs").split(" ");

const notes = [
  "A goal of 1.5 is for the slowest floor of its kind: what has to be done anyway.",
  "Making an image has everything in it: reading and checking the layers, inflating, merging, writing the file and forcing it to the disk.",
  "`umoci unpack` forces nothing to the disk.",
];

/** From a layout of five gzip layers made for the purpose. */
export async function benchImages(rounds: number): Promise<Section> {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-bench-image-"));
  const home = process.env.HOME;
  process.env.HOME = join(scratch, "home");
  try {
    const bench = await makeBench(scratch);
    const figures = [
      ...(await conversion(bench, rounds)),
      ...(await fromRegistry(bench, rounds)),
      ...(await fromDocker(bench, rounds)),
      ...(await writerAlone(bench, rounds)),
      await stored(bench, rounds),
      ...(await storedFromRegistry(bench, rounds)),
    ];
    return { title: "Images", rounds, figures, notes };
  } finally {
    process.env.HOME = home;
    rmSync(scratch, { recursive: true, force: true });
  }
}

type Bench = {
  scratch: string;
  /** Paths of the compressed layers. */
  layers: readonly string[];
  /** Paths of the plain layers: what is held in memory makes the start of every process slow. */
  archives: readonly string[];
  plainBytes: number;
};

async function makeBench(scratch: string): Promise<Bench> {
  const layers = multiLayers(largeImage).map((entries) => tar(entries));
  const { test } = await writeLayout(join(scratch, "layout"), { test: { layers } });
  const blob = (digest: string) => join(scratch, "layout/blobs/sha256", digest.slice(7));
  const manifest = JSON.parse(readFileSync(blob(test?.digest ?? ""), "utf8")) as {
    layers: { digest: string }[];
  };
  return {
    scratch,
    layers: manifest.layers.map(({ digest }) => blob(digest)),
    archives: layers.map((layer, index) => {
      const path = join(scratch, `plain${index}.tar`);
      writeFileSync(path, layer);
      return path;
    }),
    plainBytes: layers.reduce((sum, { length }) => sum + length, 0),
  };
}

const prepare = ({ scratch }: Bench, name = "oci:layout:test") =>
  prepareImage({
    name,
    resolution: "auto",
    insecure: false,
    projectDir: scratch,
  });

async function conversion(bench: Bench, rounds: number): Promise<Figure[]> {
  const name = `image of ${Math.round(bench.plainBytes / 1e6)} MB (5 gzip layers) from a layout`;
  const ours = async () => {
    rmSync(join(bench.scratch, "home"), { recursive: true, force: true });
    return (await timed(() => prepare(bench))) / 1000;
  };
  const floors: Floor[] = [
    ["Node's own inflating of the same layers", () => inflate(bench)],
    ["sha256 of the same layers, compressed", () => hashAll(bench)],
  ];
  const figures = withFloorGoal(await againstEach(name, { rounds, ours, floors }));
  if (spawnSync("umoci", ["--version"]).status !== 0) return figures;
  const unpack: Floor = ["`umoci unpack` of the same image to the disk", () => umoci(bench)];
  const others = await againstEach(name, { rounds, ours, floors: [unpack] });
  return [...figures, ...others.map((figure) => ({ ...figure, goal: unpackGoal }))];
}

/** What it is measured against, in seconds. */
type Floor = readonly [against: string, measure: () => Promise<number>];

async function againstEach(
  name: string,
  { rounds, ours, floors }: { rounds: number; ours: () => Promise<number>; floors: Floor[] },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [against, floor] of floors) {
    const [times, yardsticks] = await inTurn(rounds, ours, floor);
    const [time, yardstick] = [median(times), median(yardsticks)];
    figures.push({ name, ours: time, yardstick, unit: "s", against });
  }
  return figures;
}

/** The slowest floor is the one that says how fast it could be. */
function withFloorGoal(figures: readonly Figure[]): Figure[] {
  const slowest = Math.max(...figures.map(({ yardstick }) => yardstick));
  return figures.map((figure) =>
    figure.yardstick === slowest ? { ...figure, goal: floorGoal } : figure,
  );
}

/** The same from a registry on this machine, against fetching its layers one after the other. */
async function fromRegistry(bench: Bench, rounds: number): Promise<Figure[]> {
  const reason = registrySkipReason();
  if (reason !== false) return skipped("the row of a registry", reason);
  const registry = await startRegistry();
  try {
    await registry.push(join(bench.scratch, "layout"), "test", "bench:test");
    const name = `${registry.host}/bench:test`;
    const ours = async () => {
      rmSync(join(bench.scratch, "home"), { recursive: true, force: true });
      const request = { name, resolution: "registry", insecure: true } as const;
      return (await timed(() => prepareImage({ ...request, projectDir: bench.scratch }))) / 1000;
    };
    const floors: Floor[] = [
      [
        "downloading the layers alone",
        async () => (await timed(() => download(registry.host, bench))) / 1000,
      ],
      ["Node's own inflating of the same layers", () => inflate(bench)],
    ];
    const row = "the same from a registry on this machine";
    return withFloorGoal(await againstEach(row, { rounds, ours, floors }));
  } finally {
    await registry.stop();
  }
}

async function download(host: string, { layers }: Bench): Promise<void> {
  for (const path of layers) {
    const answer = await fetch(`http://${host}/v2/bench/blobs/sha256:${basename(path)}`);
    if (!answer.ok || answer.body === null) throw new Error(`the registry says ${answer.status}`);
    for await (const _ of answer.body);
  }
}

/** The same from a Docker daemon, against its export alone. */
async function fromDocker(bench: Bench, rounds: number): Promise<Figure[]> {
  if (dockerdSkipReason !== false) return skipped("the row of Docker", dockerdSkipReason);
  const dockerd = await startDockerd();
  const saved = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = `unix://${dockerd.socketPath}`;
  try {
    const layers = bench.archives.map((path) => readFileSync(path));
    await loadImage(dockerd, { name: "bench:test", layers });
    const request = { name: "bench:test", resolution: "docker", insecure: false } as const;
    const ours = async () => {
      rmSync(join(bench.scratch, "home"), { recursive: true, force: true });
      return (await timed(() => prepareImage({ ...request, projectDir: bench.scratch }))) / 1000;
    };
    const floors: Floor[] = [
      [
        "the daemon's export alone",
        async () => (await timed(() => drainImage(dockerd, "bench:test"))) / 1000,
      ],
    ];
    const row = "the same from a Docker daemon on this machine, end to end";
    return withFloorGoal(await againstEach(row, { rounds, ours, floors }));
  } finally {
    if (saved === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = saved;
    await dockerd.stop();
  }
}

/** Making the image of one plain archive, against the reference tool that writes the same format. */
async function writerAlone(bench: Bench, rounds: number): Promise<Figure[]> {
  const [path = ""] = bench.archives.toSorted((one, other) => sizeOf(other) - sizeOf(one));
  const target = join(bench.scratch, "plain.erofs");
  const words = [...mkfsWords, "--tar=f", target, path];
  const reference = spawnSync(mkfs, words);
  if (reference.status !== 0) {
    return skipped("the row of mkfs.erofs", "this mkfs.erofs reads no tar archives");
  }
  const layers = [readFileSync(path)];
  await writeLayout(join(bench.scratch, "plain"), { test: { layers, compression: "none" } });
  const megabytes = sizeOf(path) / 1e6;
  const rateOf = async (work: () => unknown) =>
    (1000 * megabytes) / (await timed(async () => work()));
  const [ours, theirs] = await inTurn(
    rounds,
    () => {
      rmSync(join(bench.scratch, "home"), { recursive: true, force: true });
      return rateOf(() => prepare(bench, "oci:plain:test"));
    },
    () => rateOf(() => execFileSync(mkfs, words, { stdio: "ignore" })),
  );
  return [
    {
      name: `image of a plain archive of ${Math.round(megabytes)} MB`,
      ours: median(ours),
      yardstick: median(theirs),
      unit: "MB/s",
      against: `\`mkfs.erofs --tar\` (${referenceName()}), which checks no digest and forces nothing to the disk`,
      goal: writerGoal,
    },
  ];
}

/** Which program the reference is, and how it came to be that one. */
function referenceName(): string {
  const told = spawnSync(mkfs, [...mkfsWords, "--version"], { encoding: "utf8" }).stdout;
  const version = /\d+(\.\d+)+/.exec(told)?.[0] ?? "of an unknown version";
  return `${version}, ${ownMkfs === undefined ? "installed here" : "not the one installed here: `AIRLOCK_MKFS_EROFS` names it"}`;
}

function sizeOf(path: string): number {
  return statSync(path).size;
}

function skipped(what: string, why: string): Figure[] {
  console.error(`left out: ${what}, because ${why}`);
  return [];
}

/** A start with the image in the store, against reading the two documents it has to read. */
async function stored(bench: Bench, rounds: number): Promise<Figure> {
  await prepare(bench);
  const [times, yardsticks] = await inTurn(
    rounds * 5,
    () => timed(() => prepare(bench)),
    () => timed(() => readFile(join(bench.scratch, "layout/index.json"))),
  );
  return {
    name: "an image that is in the store already",
    ours: median(times),
    yardstick: median(yardsticks),
    unit: "ms",
    against: "reading the layout's index.json",
    goal: storedGoal,
  };
}

/** The image's part of a start that knows its image: what a project does from its second start on. */
async function storedFromRegistry(bench: Bench, rounds: number): Promise<Figure[]> {
  const reason = registrySkipReason();
  if (reason !== false) return skipped("the row of a stored image of a registry", reason);
  const registry = await startRegistry();
  const name = `${registry.host}/bench:test`;
  const request = { name, resolution: "registry", insecure: true } as const;
  const start = (previous?: { name: string; digest: string }) =>
    prepareImage({ ...request, projectDir: bench.scratch }, { previous });
  try {
    await registry.push(join(bench.scratch, "layout"), "test", "bench:test");
    rmSync(join(bench.scratch, "home"), { recursive: true, force: true });
    const { digest, path } = await start();
    const [times, yardsticks] = await inTurn(
      rounds * 5,
      () => timed(() => start({ name, digest })),
      () => timed(() => readFile(path.replace(/erofs$/, "json"))),
    );
    return [
      {
        name: "an image of a registry that is in the store, at a later start",
        ours: median(times),
        yardstick: median(yardsticks),
        unit: "ms",
        against: "reading its record in the store",
        goal: storedGoal,
      },
    ];
  } finally {
    await registry.stop();
  }
}

async function inflate({ layers }: Bench): Promise<number> {
  const ms = await timed(async () => {
    for (const path of layers) {
      const plain = createReadStream(path, { highWaterMark: 1 << 20 }).pipe(
        createGunzip({ chunkSize: 256 << 10 }),
      );
      for await (const _ of plain);
    }
  });
  return ms / 1000;
}

async function hashAll({ layers }: Bench): Promise<number> {
  const ms = await timed(async () => {
    for (const path of layers) {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
      }
      hash.digest();
    }
  });
  return ms / 1000;
}

async function umoci({ scratch }: Bench): Promise<number> {
  const bundle = join(scratch, "bundle");
  if (existsSync(bundle)) rmSync(bundle, { recursive: true });
  mkdirSync(scratch, { recursive: true });
  const ms = await timed(async () => {
    execFileSync("umoci", ["unpack", "--image", `${join(scratch, "layout")}:test`, bundle]);
  });
  return ms / 1000;
}
