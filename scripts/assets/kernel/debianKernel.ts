// Takes the kernel and its modules from Debian's generic kernel package.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { dependenciesOf, unpackPackage } from "../debian.ts";
import { debianArchitecture, type GuestArch } from "../guestArch.ts";
import type { BootKernel } from "./bootKernel.ts";

/** Finds, downloads and unpacks the newest kernel of the configured Debian release. */
export function debianKernel(arch: GuestArch): BootKernel {
  const meta = `linux-image-${debianArchitecture[arch]}`;
  const name = dependenciesOf(meta).find((dependency) => dependency.startsWith("linux-image-"));
  if (!name) throw new Error(`Debian package ${meta} is unknown here; run "apt-get update" first`);
  const root = unpackPackage(name);
  const boot = readdirSync(join(root, "boot")).find(
    (file) => /^vmlinuz-[^/]*$/.test(file) && !file.includes(".unpacked"),
  );
  if (!boot) throw new Error(`${name} has no kernel in boot/`);
  const release = boot.slice("vmlinuz-".length);
  return {
    origin: "debian",
    release,
    fileName: arch === "x64" ? "vmlinux" : "Image",
    image: unpackedImage(join(root, "boot", boot), arch === "x64" ? extractElf : rawImage),
    modulesDir: join(modulesRoot(root), release),
  };
}

/** Unpacks once: decompressing takes longer than everything else of a repeated run. */
function unpackedImage(file: string, unpack: (packed: Buffer) => Buffer): Buffer {
  const unpacked = `${file}.unpacked`;
  if (existsSync(unpacked)) return readFileSync(unpacked);
  const image = unpack(readFileSync(file));
  writeFileSync(`${unpacked}.new`, image);
  renameSync(`${unpacked}.new`, unpacked);
  return image;
}

/** Releases with a merged /usr ship their modules below it. */
function modulesRoot(root: string): string {
  const merged = join(root, "usr", "lib", "modules");
  return existsSync(merged) ? merged : join(root, "lib", "modules");
}

/** Takes the ELF kernel out of an x86 bzImage (Documentation/arch/x86/boot.rst, payload_offset). */
function extractElf(bzImage: Buffer): Buffer {
  if (bzImage.toString("latin1", 0x202, 0x206) !== "HdrS") throw new Error("not a bzImage");
  const setupSectors = bzImage[0x1f1] || 4;
  const start = (setupSectors + 1) * 512 + bzImage.readUInt32LE(0x248);
  const elf = decompress(bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c)));
  if (elf.toString("latin1", 1, 4) !== "ELF") throw new Error("the kernel's payload is not ELF");
  return elf;
}

/** Debian's arm64 kernel is the plain Image; other builds wrap it in gzip. */
function rawImage(file: Buffer): Buffer {
  return file.readUInt16BE(0) === 0x1f8b ? gunzipSync(file) : file;
}

function decompress(payload: Buffer): Buffer {
  const magic = payload.readUInt32BE(0);
  if (magic >>> 16 === 0x1f8b) return gunzipSync(payload);
  if (magic === 0xfd377a58) return pipeThrough("xz", ["--single-stream", "-dc"], payload);
  if (magic === 0x28b52ffd) return pipeThrough("zstd", ["-dcq"], payload);
  throw new Error(`the kernel's compression (magic ${magic.toString(16)}) is unknown`);
}

function pipeThrough(command: string, args: string[], input: Buffer): Buffer {
  // The payload carries its length as a trailer behind the compressed stream, which the tools refuse
  // or warn about; what they wrote before that is complete and its type is checked by the caller.
  try {
    return execFileSync(command, args, {
      input,
      maxBuffer: 1 << 28,
      stdio: ["pipe", "pipe", "ignore"],
    });
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer };
    if (stdout && stdout.length > 0) return stdout;
    throw error;
  }
}
