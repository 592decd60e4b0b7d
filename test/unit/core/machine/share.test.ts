import assert from "node:assert/strict";
import { test } from "node:test";
import { viewArguments, virtiofsdArgv, virtiofsdFlavour } from "#core/machine/share.ts";

test("the two programs called virtiofsd are told apart by their help", () => {
  assert.equal(virtiofsdFlavour("  -o source=PATH   shared directory tree"), "c");
  assert.equal(virtiofsdFlavour("setgroups() failed with error=1:Operation not permitted"), "c");
  assert.equal(virtiofsdFlavour("      --shared-dir <SHARED_DIR>"), "rust");
  assert.equal(virtiofsdFlavour("usage: cat [FILE]"), undefined);
});

test("views, covers and command keep their places whatever the paths are", () => {
  const source = '--\nit\'s "a", share';
  assert.deepEqual(
    viewArguments(
      [
        { source, view: "view0", readOnly: false, covers: [".airlock", "a b/cover"] },
        { source: "/two", view: "view1", readOnly: true, covers: [] },
      ],
      { privateRun: true, command: ["qemu", "--"] },
    ),
    [
      ...["share", source, "view0", "rw", "cover", ".airlock", "cover", "a b/cover"],
      ...["share", "/two", "view1", "ro", "run", "--", "qemu", "--"],
    ],
  );
});

const request = { socket: "s.sock", directory: "/run/airlock", readOnly: true, privileged: true };

test("the C virtiofsd is confined, without write-back and without extended attributes", () => {
  assert.deepEqual(virtiofsdArgv({ ...request, flavour: "c" }), [
    ...["-f", "--socket-path=s.sock", "--rlimit-nofile=0", "-o", "source=/run/airlock"],
    ...["-o", "cache=auto", "-o", "timeout=0.2", "-o", "sandbox=namespace"],
    ...["-o", "modcaps=-mknod:-setfcap", "-o", "log_level=warn"],
  ]);
});

test("the Rust virtiofsd is confined where it can be, and read-only itself where no view is", () => {
  const confined = virtiofsdArgv({ ...request, flavour: "rust" });
  assert.ok(confined.includes("--sandbox=namespace") && !confined.includes("--readonly"));
  const plain = virtiofsdArgv({ ...request, flavour: "rust", privileged: false });
  assert.ok(plain.includes("--sandbox=none") && plain.includes("--readonly"));
});
