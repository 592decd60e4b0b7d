// Our merged image against what other tools make of the same layers, entry by entry.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { prepareImage } from "#helper/image/prepare.ts";
import { debianArchive } from "#test/support/debianImage.ts";
import {
  type Dockerd,
  dockerdSkipReason,
  exportImage,
  loadImage,
  startDockerd,
} from "#test/support/dockerd.ts";
import { readErofs } from "#test/support/erofsReader.ts";
import { checkImage, directoryListing, withoutXattrs } from "#test/support/erofsTools.ts";
import { multiLayers, smallImage } from "#test/support/multiLayer.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { readTar } from "#test/support/readTar.ts";
import { type TarInput, tar } from "#test/support/tar.ts";

const scratch = mkdtempSync(join(tmpdir(), "airlock-others-"));
const home = process.env.HOME;
let images = 0;

before(() => {
  process.env.HOME = join(scratch, "home");
});
after(() => {
  process.env.HOME = home;
  rmSync(scratch, { recursive: true, force: true });
});

const multi = multiLayers(smallImage);

describe("our image and umoci's", { skip: umociSkipReason() }, () => {
  it("are the same in every entry", async (test) => {
    const { ours, directory } = await withUmoci(multi);
    assertSame(withoutXattrs(ours.listing), directoryListing(directory));
    assert.deepEqual(ours.xattrs, xattrsOf(directory));
    test.diagnostic(`${ours.listing.split("\n").length - 1} entries`);
  });
});

describe("our image and Docker's", { skip: dockerdSkipReason }, () => {
  let docker: Dockerd;
  before(async () => {
    docker = await startDockerd();
  });
  after(() => docker?.stop());

  it("are the same in every entry", async (test) => {
    const { ours, directory } = await withDocker(docker, multi);
    const theirs = withoutRunFiles(directoryListing(directory));
    // Docker's export has whole seconds since 1970 only.
    const expected = withoutRunFiles(withoutXattrs(ours.listing));
    assertSame(wholeSeconds(expected), wholeSeconds(theirs));
    // Docker drops all attributes but capabilities.
    const capabilities = ours.xattrs.filter(([, name]) => name === "security.capability");
    assert.deepEqual(xattrsOf(directory), capabilities);
    test.diagnostic(`${theirs.split("\n").length - 1} entries`);
  });
});

describe("a Debian base system", {
  timeout: 600_000,
  skip: umociSkipReason() || dockerdSkipReason,
}, () => {
  it("is the same in every entry as for umoci and for Docker", async (test) => {
    const archive = debianArchive();
    if (typeof archive === "string") return test.skip(archive);
    // Docker gives directories whose content it removes a new time, unless the layer has them, too.
    const directories = ["usr", "usr/share", "usr/share/info"].map(dir);
    const upper = [...directories, file("etc/motd", "hi\n"), file("usr/share/.wh.doc", "")];
    const docker = await startDockerd();
    try {
      const theirs = await withDocker(docker, [archive, upper]);
      const listing = withoutRunFiles(withoutXattrs(theirs.ours.listing));
      const exported = withoutRunFiles(directoryListing(theirs.directory));
      assertSame(wholeSeconds(listing), wholeSeconds(exported));
      test.diagnostic(`${exported.split("\n").length - 1} entries`);
    } finally {
      await docker.stop();
    }
    const { ours, directory } = await withUmoci([archive, upper]);
    assertSame(withoutXattrs(ours.listing), directoryListing(directory));
    assert.deepEqual(ours.xattrs, xattrsOf(directory));
  });
});

const needsBoth = umociSkipReason() || dockerdSkipReason;

describe("where umoci and Docker disagree", { skip: needsBoth }, () => {
  let docker: Dockerd;
  before(async () => {
    docker = await startDockerd();
  });
  after(() => docker?.stop());

  it("a hard link to a file of a lower layer is good, as for umoci", async () => {
    const layers = [[file("a", "x")], [hardLink("b", "a")]];
    const { ours, directory } = await withUmoci(layers);
    assert.match(ours.listing, /^b file .* links=2 .* size=1/m);
    assertSame(withoutRoot(ours.listing), withoutRoot(directoryListing(directory)));
    await assert.rejects(withDocker(docker, layers), /no such file/);
  });

  it("an entry below a lower layer's link replaces the link, as for Docker", async () => {
    const usr = [dir("dev"), dir("etc"), dir("usr"), dir("usr/bin"), file("usr/bin/sh", "sh")];
    const layers = [
      [...usr, symlink("bin", "usr/bin")],
      [dir("bin"), file("bin/new", "n")],
    ];
    const { ours, directory } = await withDocker(docker, layers);
    assert.match(ours.listing, /^bin directory/m);
    assertSame(withoutRunFiles(ours.listing), withoutRunFiles(directoryListing(directory)));
    const [lower = []] = layers;
    const umoci = directoryListing((await withUmoci([lower, [file("bin/new", "n")]])).directory);
    assert.match(umoci, /^bin symlink/m);
    assert.match(umoci, /^usr\/bin\/new file/m);
  });

  it("owner and mode on a hard link's own entry mean nothing, as for umoci", async () => {
    const other = { ...hardLink("b", "a"), uid: 7, mode: 0o600 };
    const layers = [[{ ...file("a", "x"), uid: 5, mode: 0o640 }, other]];
    const { ours, directory } = await withUmoci(layers);
    assert.match(ours.listing, /^a file 0640 5:0 links=2/m);
    assertSame(withoutRoot(ours.listing), withoutRoot(directoryListing(directory)));
    assert.match(
      directoryListing((await withDocker(docker, layers)).directory),
      /^a file 0600 7:0/m,
    );
  });
});

const mtime = 1_700_000_000;
const file = (path: string, content: string): TarInput => ({ path, content, mtime });
const dir = (path: string): TarInput => ({ path, type: "5", mtime });
const hardLink = (path: string, link: string): TarInput => ({ path, type: "1", link, mtime });
const symlink = (path: string, link: string): TarInput => {
  return { path, type: "2", link, mtime, mode: 0o777 };
};

type Xattr = [path: string, name: string, hex: string];
type Ours = { listing: string; xattrs: Xattr[] };

async function convert(name: string): Promise<Ours> {
  const request = { name: `oci:${name}:test`, resolution: "auto", insecure: false } as const;
  const { path } = await prepareImage({ ...request, projectDir: scratch });
  const xattrs = [...readErofs(readFileSync(path))].flatMap(([entry, inode]) =>
    inode.xattrs.map(([key, value]): Xattr => [entry, key, value.toString("hex")]),
  );
  return { listing: checkImage(path), xattrs: xattrs.sort() };
}

/** Entries, or a whole archive. */
type Layer = TarInput[] | Buffer;

const archiveOf = (layer: Layer) => (Buffer.isBuffer(layer) ? layer : tar(layer));

async function layout(layers: readonly Layer[]): Promise<string> {
  images += 1;
  const name = `image${images}`;
  await writeLayout(join(scratch, name), { test: { layers: layers.map(archiveOf) } });
  return name;
}

async function withUmoci(layers: readonly Layer[]) {
  const name = await layout(layers);
  const bundle = join(scratch, `${name}.umoci`);
  execFileSync("umoci", ["unpack", "--image", `${join(scratch, name)}:test`, bundle]);
  return { ours: await convert(name), directory: join(bundle, "rootfs") };
}

async function withDocker(docker: Dockerd, layers: readonly Layer[]) {
  const name = await layout(layers);
  await loadImage(docker, { name: `${name}:test`, layers: layers.map(archiveOf) });
  const archive = await exportImage(docker, `${name}:test`);
  const directory = join(scratch, `${name}.docker`);
  mkdirSync(directory);
  const flags = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", "-"];
  execFileSync("tar", ["-C", directory, ...flags], { input: archive });
  return { ours: await convert(name), directory };
}

/** Extended attributes of a directory tree, as GNU tar sees them. */
function xattrsOf(directory: string): Xattr[] {
  const flags = ["--xattrs", "--xattrs-include=*", "--format=posix", "-cf", "-", "."];
  const archive = execFileSync("tar", ["-C", directory, ...flags], { maxBuffer: 1 << 28 });
  const found = readTar(archive).flatMap(({ path, xattrs }) =>
    xattrs.map(
      ({ name, value }): Xattr => [
        path.replace(/^\.\/|\/$/g, ""),
        name,
        Buffer.from(value).toString("hex"),
      ],
    ),
  );
  return found.sort();
}

function wholeSeconds(text: string): string {
  return text.replace(/ mtime=(-?\d+)\.\d+/g, (_, seconds) => ` mtime=${Math.max(0, seconds)}`);
}

function withoutRoot(text: string): string {
  return text.replace(/^\/ .*\n/m, "");
}

/** Without what Docker adds for running a container, and the times of the directories it is in. */
function withoutRunFiles(text: string): string {
  const added =
    /^(?:\.dockerenv|etc\/(?:hosts|hostname|resolv\.conf|mtab)|dev\/(?:console|pts|shm)|proc|sys) /;
  const lines = text.split("\n").filter((line) => !added.test(line));
  return lines
    .map((line) =>
      /^(?:\/|etc|dev) /.test(line) ? line.replace(/ (?:mtime|links)=\S+/g, "") : line,
    )
    .join("\n");
}

function assertSame(actual: string, expected: string): void {
  const ours = new Set(actual.split("\n"));
  const theirs = new Set(expected.split("\n"));
  const different = [
    ...[...ours].filter((line) => !theirs.has(line)).map((line) => `ours   ${line}`),
    ...[...theirs].filter((line) => !ours.has(line)).map((line) => `theirs ${line}`),
  ];
  assert.deepEqual(
    different.sort((a, b) => (a.slice(7) < b.slice(7) ? -1 : 1)),
    [],
  );
}

function umociSkipReason(): string | false {
  if (process.getuid?.() !== 0) return "umoci needs root to keep owners and devices";
  return spawnSync("umoci", ["--version"]).status === 0 ? false : "umoci is not installed";
}
