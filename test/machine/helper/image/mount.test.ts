// What a sandbox sees of an image with everything an image can have.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { cliWorld, smallMachine } from "#test/support/cli.ts";
import { type ReadInode, readErofs } from "#test/support/erofsReader.ts";
import { guestProgram } from "#test/support/guestProgram.ts";
import { writeLayout } from "#test/support/ociLayout.ts";
import { oddLayers } from "#test/support/oddLayers.ts";
import { tar } from "#test/support/tar.ts";

const baseBlobs = join(import.meta.dirname, "../../../../dist/images/base/blobs/sha256");

test("the guest sees every file of an image as it was written", { timeout: 180_000 }, async (t) => {
  const config = smallMachine.replace("embedded:base", "oci:./layout:odd");
  const world = cliWorld({ "airlock.toml": config });
  t.after(() => world.dispose());
  // The lowest odd layer would replace the shell's directory by a link.
  const odd = oddLayers.slice(1, 3).map((entries) => tar(entries));
  const layers = [baseLayer(), ...odd, showingXattrs(world.home)];
  await writeLayout(join(world.project, "layout"), { odd: { layers } });
  const script = [
    "find /opt -not -type d -exec stat -c '%n|%a|%u:%g|%h|%Y|%t:%T' {} \\;",
    "find /opt -type d -exec stat -c '%n|%a|%u:%g|%Y' {} \\;",
    "find /opt -type f -exec sha256sum {} \\;",
    "find /opt -type l -exec readlink {} \\;",
    "/xattrs /opt",
  ].join("; ");
  const { code, stdout, stderr } = await world.run(["-q", "start", "--", "sh", "-c", script]);
  assert.equal(code, 0, stderr);
  const expected = expectedLines(readErofs(storedImage(world.home)));
  const actual = Buffer.from(stdout).toString("utf8").trimEnd().split("\n").sort();
  for (const [index, line] of expected.entries()) assert.equal(actual[index], line);
  assert.equal(actual.length, expected.length);
  assert.ok(expected.some((line) => line.includes("|security.capability|")));
});

function baseLayer(): Buffer {
  const blobs = readdirSync(baseBlobs).map((name) => readFileSync(join(baseBlobs, name)));
  const layer = blobs.find((blob) => blob[0] === 0x1f && blob[1] === 0x8b);
  assert.ok(layer, "the embedded image is built");
  return gunzipSync(layer);
}

/** Its own busybox knows no extended attributes. */
function showingXattrs(directory: string): Buffer {
  const program = join(directory, "xattrs");
  guestProgram("xattrs", program);
  return tar([{ path: "xattrs", content: readFileSync(program), mode: 0o755 }]);
}

function storedImage(home: string): Buffer {
  const store = join(home, ".cache/airlock/images");
  const name = readdirSync(store).find((entry) => entry.endsWith(".erofs"));
  return readFileSync(join(store, name ?? ""));
}

function expectedLines(found: Map<string, ReadInode>): string[] {
  const below = [...found].filter(([path]) => path === "opt" || path.startsWith("opt/"));
  const lines = below.flatMap(([bytes, inode]) => {
    const path = `/${Buffer.from(bytes, "latin1").toString("utf8")}`;
    const mode = inode.mode.toString(8);
    const [major, minor] = (inode.device ?? "0:0")
      .split(":")
      .map((part) => Number(part).toString(16));
    const owner = `${inode.uid}:${inode.gid}`;
    const seconds = inode.mtimeSeconds;
    const xattrs = inode.xattrs.map(([name, value]) => `${path}|${name}|${value.toString("hex")}`);
    if (inode.kind === "directory") return [`${path}|${mode}|${owner}|${seconds}`, ...xattrs];
    const line = `${path}|${mode}|${owner}|${inode.links}|${seconds}|${major}:${minor}`;
    if (inode.kind === "symlink") return [line, inode.content.toString()];
    const hash = createHash("sha256").update(inode.content).digest("hex");
    return inode.kind === "file" ? [line, `${hash}  ${path}`, ...xattrs] : [line];
  });
  // A name with a line feed comes out as two lines.
  return lines.join("\n").split("\n").sort();
}
