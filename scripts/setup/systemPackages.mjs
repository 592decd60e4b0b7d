// Installs the programs of the system that Airlock needs, through apt where there is one.
import { existsSync } from "node:fs";
import { findProgram, outputOf, run, SetupError, say } from "./run.mjs";

/** @typedef {{ name: string, find: () => unknown, packages: string[], optional?: string }} Need */

const qemu =
  process.arch === "arm64"
    ? { program: "qemu-system-aarch64", packages: ["qemu-system-arm"] }
    : { program: "qemu-system-x86_64", packages: ["qemu-system-x86"] };

/** What a sandbox needs on the host. @type {Need[]} */
export const hostNeeds = [
  { name: "QEMU", find: () => findProgram(qemu.program), packages: qemu.packages },
  { name: "xz", find: () => findProgram("xz"), packages: ["xz-utils"] },
  {
    name: "virtiofsd",
    find: () => findProgram("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "virtiofsd"),
    packages: [debianHas("virtiofsd") ? "virtiofsd" : "qemu-system-common"],
    optional: "projects are then shared through the slower 9p",
  },
  ...ordinaryUserNeeds(),
];

/** What the tests need on top. @type {Need[]} */
export const testNeeds = [
  { name: "erofs-utils", find: () => findProgram("fsck.erofs"), packages: ["erofs-utils"] },
  {
    name: "umoci",
    find: () => findProgram("umoci"),
    packages: ["umoci"],
    optional: "images are then not compared with what it makes of them",
  },
  {
    name: "mmdebstrap",
    find: () => findProgram("mmdebstrap"),
    packages: ["mmdebstrap"],
    optional: "no Debian base system is then compared with what others make of it",
  },
  {
    name: "dockerd",
    find: () => findProgram("dockerd", "/usr/sbin/dockerd"),
    packages: ["docker.io"],
    optional: "images are then not compared with what Docker makes of them",
  },
  {
    name: "podman",
    find: () => findProgram("podman"),
    packages: ["podman"],
    optional: "images are then not taken from Podman",
  },
  {
    name: "docker-registry",
    find: () => findProgram("docker-registry"),
    packages: ["docker-registry"],
  },
  { name: "htpasswd", find: () => findProgram("htpasswd"), packages: ["apache2-utils"] },
  { name: "skopeo", find: () => findProgram("skopeo"), packages: ["skopeo"] },
  // The browser of the end-to-end tests links to it, and two modules of their workbench are compiled.
  { name: "NSS", find: () => findLibrary("libnss3.so"), packages: ["libnss3", "libexpat1"] },
  { name: "python3", find: () => findProgram("python3"), packages: ["python3"] },
  { name: "make", find: () => findProgram("make"), packages: ["make"] },
  { name: "g++", find: () => findProgram("g++", "clang++"), packages: ["g++"] },
];

/** An ordinary user's virtiofsd gives up the user's groups, which takes a mapping of them. */
function ordinaryUserNeeds() {
  if (process.getuid?.() === 0) return [];
  return [
    {
      name: "newgidmap",
      find: () => findProgram("newgidmap"),
      packages: ["uidmap"],
      optional: "projects are then shared through the slower 9p",
    },
  ];
}

/** What building the guest's kernel for a CPU type needs. @returns {Need[]} */
export function kernelNeeds(arch = process.arch) {
  const [cpu, packageCpu] = arch === "arm64" ? ["aarch64", "aarch64"] : ["x86_64", "x86-64"];
  const [cross, crossPackage] = [`${cpu}-linux-gnu-gcc`, `gcc-${packageCpu}-linux-gnu`];
  return [
    ...(arch === process.arch
      ? []
      : [{ name: cross, find: () => findProgram(cross), packages: [crossPackage] }]),
    { name: "gcc", find: () => findProgram("gcc"), packages: ["gcc", "libc6-dev"] },
    { name: "make", find: () => findProgram("make"), packages: ["make"] },
    { name: "flex", find: () => findProgram("flex"), packages: ["flex"] },
    { name: "bison", find: () => findProgram("bison"), packages: ["bison"] },
    { name: "bc", find: () => findProgram("bc"), packages: ["bc"] },
    { name: "perl", find: () => findProgram("perl"), packages: ["perl"] },
    { name: "xz", find: () => findProgram("xz"), packages: ["xz-utils"] },
    { name: "libelf", find: () => existsSync("/usr/include/libelf.h"), packages: ["libelf-dev"] },
  ];
}

function findLibrary(name) {
  return outputOf("/sbin/ldconfig", ["-p"])?.includes(name);
}

/** Makes sure that every need is met; installs Debian packages only for those that are not. */
export function installSystemPackages(needs) {
  const missing = needs.filter((need) => !need.find());
  if (missing.length === 0) return;
  const required = missing.filter((need) => need.optional === undefined);
  const failure = aptInstall(packagesOf(missing)) ?? undefined;
  const still = needs.filter((need) => !need.find());
  for (const need of still) {
    if (need.optional !== undefined) say(`${need.name} is not available: ${need.optional}`);
  }
  const lacking = still.filter((need) => need.optional === undefined);
  if (lacking.length === 0) return;
  throw new SetupError(
    `Missing: ${lacking.map((need) => need.name).join(", ")}${failure ? ` (${failure})` : ""}. ${advice(required)}`,
  );
}

/** Installs packages; the reason why not as a text otherwise. */
function aptInstall(packages) {
  const reason = whyNoApt();
  if (reason !== undefined) return reason;
  say(`installing Debian packages: ${packages.join(" ")}`);
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  try {
    if (!packages.every(hasCandidate)) apt(["update"]);
    apt(install);
  } catch {
    // The package lists may be older than the archive: once more with fresh ones.
    try {
      apt(["update"]);
      apt(install);
    } catch (error) {
      return error.message;
    }
  }
  return undefined;
}

/** Fetches apt's package lists; false where this user cannot. */
export function refreshPackageLists() {
  if (whyNoApt() !== undefined) return false;
  say("fetching the Debian package lists");
  apt(["update"]);
  return true;
}

function whyNoApt() {
  if (!findProgram("apt-get")) return "there is no apt-get on this system";
  return elevation() === undefined ? "neither root nor sudo without a password" : undefined;
}

function apt(args) {
  const command = [...elevation(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
  run(command[0], command.slice(1), { quiet: true });
}

/** The words that make a command run as root, or undefined when nothing does. */
function elevation() {
  if (process.getuid?.() === 0) return [];
  if (!findProgram("sudo")) return undefined;
  // A person at a terminal can type a password; nobody can answer in CI.
  if (process.stdin.isTTY) return ["sudo"];
  return outputOf("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
}

function hasCandidate(name) {
  const policy = outputOf("apt-cache", ["policy", name]);
  return policy !== undefined && /Candidate: \S*\d/.test(policy);
}

function debianHas(name) {
  return existsSync("/var/lib/apt") && hasCandidate(name);
}

function packagesOf(needs) {
  return [...new Set(needs.flatMap((need) => need.packages))];
}

function advice(needs) {
  if (process.platform === "darwin") return "Install QEMU with `brew install qemu`.";
  const packages = packagesOf(needs).join(" ");
  return `Install them with: apt-get install --no-install-recommends ${packages} (or the packages of your system with these programs).`;
}
