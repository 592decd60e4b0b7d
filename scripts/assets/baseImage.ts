// Builds dist/images/base, the image that ships with the product: busybox and what a shell needs, as
// an OCI layout. Run it again at any time: the same packages give the same bytes, written only once.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeLayout } from "../../test/support/ociLayout.ts";
import { type TarInput, tar } from "../../test/support/tar.ts";
import { recordDebianPackages } from "../notices/debian.ts";
import { unpackPackage, usedPackages } from "./debian.ts";
import { debianArchitecture, type GuestArch, guestArchOf } from "./guestArch.ts";

const imagesDir = join(import.meta.dirname, "..", "..", "dist", "images");

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Applets that make no sense in a sandbox, or pretend to be a package manager that is not there.
const unwantedApplets = new Set([
  ...["init", "linuxrc", "run-init", "switch_root", "resume", "nuke", "getty", "sulogin"],
  ...["dpkg", "dpkg-deb", "rpm", "rpm2cpio", "start-stop-daemon"],
]);

/** Builds the image for a CPU and returns its directory. */
export async function buildBaseImage(arch: GuestArch): Promise<string> {
  usedPackages.clear();
  const isNative = arch === process.arch;
  const suffix = isNative ? "" : `:${debianArchitecture[arch]}`;
  const busybox = join(unpackPackage(`busybox-static${suffix}`), "bin", "busybox");
  const certificates = join(unpackPackage("ca-certificates"), "usr/share/ca-certificates/mozilla");
  const native = isNative ? busybox : join(unpackPackage("busybox-static"), "bin", "busybox");
  recordDebianPackages("image-base", usedPackages.values());
  const entries = [...files(busybox, certificates), ...applets(native)];
  const layer = tar([...parents(entries), ...entries].sort(byPath));
  const target = join(imagesDir, "base");
  await mkdir(imagesDir, { recursive: true });
  const staging = mkdtempSync(join(imagesDir, ".new-"));
  // A private directory by default, but other users may run the product.
  chmodSync(staging, 0o755);
  try {
    await writeLayout(staging, {
      base: {
        layers: [layer],
        architecture: debianArchitecture[arch],
        created: "1970-01-01T00:00:00Z",
        config: {
          Cmd: ["/bin/sh"],
          Env: [`PATH=${path}`, "ENV=/etc/shrc"],
          WorkingDir: "/",
        },
      },
    });
    const changed = !isSame(staging, target);
    if (changed) {
      rmSync(target, { recursive: true, force: true });
      renameSync(staging, target);
    }
    const size = `${(layer.length / 2 ** 20).toFixed(1)} MiB`;
    console.log(`assets: ${changed ? "built" : "unchanged"} dist/images/base: ${size} unpacked`);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return target;
}

function files(busybox: string, certificates: string): TarInput[] {
  return [
    directory("tmp", 0o1777),
    directory("var/tmp", 0o1777),
    directory("root", 0o700),
    { ...directory("home/airlock"), uid: 1000, gid: 1000 },
    ...["dev", "proc", "sys", "run", "mnt", "opt", "srv", "usr/local/bin", "usr/local/sbin"].map(
      (path) => directory(path),
    ),
    ...["usr/bin", "usr/sbin", "usr/lib", "lib", "var/cache", "var/lib", "var/log"].map((path) =>
      directory(path),
    ),
    { path: "var/run", type: "2", mode: 0o777, link: "../run" },
    { path: "bin/busybox", mode: 0o755, content: readFileSync(busybox) },
    ...Object.entries(etc).map(([name, content]) => ({ path: `etc/${name}`, content })),
    { path: "etc/ssl/certs/ca-certificates.crt", content: bundle(certificates) },
    { path: "etc/ssl/cert.pem", type: "2", mode: 0o777, link: "certs/ca-certificates.crt" },
  ];
}

const etc = {
  "os-release": [
    'NAME="Airlock base"',
    "ID=airlock",
    'PRETTY_NAME="Airlock base image (busybox)"',
    "",
  ].join("\n"),
  passwd: [
    "root:x:0:0:root:/root:/bin/sh",
    "airlock:x:1000:1000:Airlock:/home/airlock:/bin/sh",
    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin",
    "",
  ].join("\n"),
  group: ["root:x:0:", "tty:x:5:", "airlock:x:1000:", "nogroup:x:65534:", ""].join("\n"),
  shells: "/bin/sh\n/bin/ash\n",
  hosts: "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  profile: [
    "# Read by login shells.",
    `export PATH="\${PATH:-${path}}"`,
    "export ENV=/etc/shrc",
    "",
  ].join("\n"),
  shrc: [
    "# Read by interactive shells, through the variable ENV.",
    "case $(id -u) in 0) PS1='\\[\\e[1;36m\\]\\h\\[\\e[0m\\]:\\w# ' ;; *) PS1='\\[\\e[1;36m\\]\\u@\\h\\[\\e[0m\\]:\\w$ ' ;; esac",
    "alias ll='ls -l'",
    "",
  ].join("\n"),
};

function applets(busybox: string): TarInput[] {
  const paths = execFileSync(busybox, ["--list-full"], { encoding: "utf8" }).trim().split("\n");
  return paths
    .filter((path) => path !== "bin/busybox" && !unwantedApplets.has(path.split("/").at(-1) ?? ""))
    .map((path) => ({ path, type: "2", mode: 0o777, link: "/bin/busybox" }));
}

function bundle(directory: string): string {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith(".crt"))
    .sort();
  return names.map((name) => `${readFileSync(join(directory, name), "utf8").trim()}\n`).join("");
}

function directory(path: string, mode = 0o755): TarInput {
  return { path, type: "5", mode };
}

function parents(entries: readonly TarInput[]): TarInput[] {
  const given = new Set(entries.map(({ path }) => path));
  const missing = new Set<string>();
  for (const { path } of entries) {
    for (let at = dirname(String(path)); at !== "."; at = dirname(at)) {
      if (!given.has(at)) missing.add(at);
    }
  }
  return [...missing].map((path) => directory(path));
}

function byPath(a: TarInput, b: TarInput): number {
  return String(a.path) < String(b.path) ? -1 : 1;
}

/** Layouts are addressed by content, so equal indexes and a full set of blobs mean equal layouts. */
function isSame(fresh: string, existing: string): boolean {
  const index = join(existing, "index.json");
  if (!existsSync(index)) return false;
  if (!readFileSync(index).equals(readFileSync(join(fresh, "index.json")))) return false;
  return readdirSync(join(fresh, "blobs/sha256")).every((name) =>
    existsSync(join(existing, "blobs/sha256", name)),
  );
}

if (import.meta.main) {
  await buildBaseImage(guestArchOf(process.argv[2]));
}
