import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { selectModules } from "../../../../scripts/assets/modules.ts";
import { kernelModule } from "./elfFile.ts";

function modulesTree(context: TestContext, files: Record<string, Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), "airlock-modules-"));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

test("every module comes after those it depends on, once", (context) => {
  const root = modulesTree(context, {
    "kernel/a/virtio.ko": kernelModule("virtio-ring"),
    "kernel/a/virtio_ring.ko": kernelModule(""),
    "kernel/b/virtio_pci.ko": kernelModule("virtio_ring,virtio"),
    "kernel/b/virtio-rng.ko": kernelModule("virtio"),
    "kernel/c/unrelated.ko": kernelModule(""),
  });
  const { boot, files } = selectModules(root);
  assert.deepEqual(boot, ["virtio_ring", "virtio", "virtio_pci", "virtio_rng"]);
  assert.deepEqual(files.map(({ name }) => name).sort(), [...boot].sort());
});

test("modules for nested virtualisation are listed apart", (context) => {
  const root = modulesTree(context, {
    "kvm.ko": kernelModule("irqbypass"),
    "kvm-intel.ko": kernelModule("kvm"),
    "irqbypass.ko": kernelModule(""),
    "ext4.ko": kernelModule(""),
  });
  const { boot, nested } = selectModules(root);
  assert.deepEqual(boot, ["ext4"]);
  assert.deepEqual(nested, ["irqbypass", "kvm", "kvm_intel"]);
});

test("an appended signature is cut off", (context) => {
  const module = kernelModule("");
  const trailer = Buffer.alloc(12);
  trailer.writeUInt32BE(300, 8);
  const mark = Buffer.from("~Module signature appended~\n");
  const signed = Buffer.concat([module, Buffer.alloc(300, 7), trailer, mark]);
  const { files } = selectModules(modulesTree(context, { "ext4.ko": signed }));
  assert.deepEqual(files[0]?.content, module);
});

test("a tree without modules is an error", (context) => {
  const root = modulesTree(context, { "modules.builtin": Buffer.alloc(0) });
  assert.throws(() => selectModules(root), /no uncompressed modules/);
});
