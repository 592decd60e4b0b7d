import assert from "node:assert/strict";
import { test } from "node:test";
import { diskCommands, ninePCommands, virtiofsCommands } from "#core/machine/hotAdd.ts";

test("a writable disk is locked, discards and passes flushes on", () => {
  const [node, device] = diskCommands({
    serial: "disk",
    path: "/p,a.img",
    readOnly: false,
    slot: 1,
  });
  assert.deepEqual(node, {
    execute: "blockdev-add",
    arguments: {
      driver: "raw",
      "node-name": "disk-disk",
      "read-only": false,
      "auto-read-only": false,
      discard: "unmap",
      "detect-zeroes": "unmap",
      cache: { direct: false, "no-flush": false },
      file: { driver: "file", filename: "/p,a.img", aio: "threads", locking: "on" },
    },
  });
  assert.deepEqual(device?.arguments, {
    driver: "virtio-blk-pci",
    id: "disk-disk",
    drive: "disk-disk",
    serial: "disk",
    bus: "slot1",
  });
});

test("a read-only disk can neither be written nor discarded", () => {
  const [node] = diskCommands({ serial: "rootfs", path: "/i.erofs", readOnly: true, slot: 0 });
  assert.equal(node?.arguments["read-only"], true);
  assert.equal(node?.arguments.discard, "ignore");
});

test("a virtio-fs share connects to its daemon before the device appears", () => {
  const commands = virtiofsCommands({ index: 0, tag: "pro ject", slot: 2, socket: "s.sock" });
  assert.deepEqual(
    commands.map(({ execute }) => execute),
    ["chardev-add", "device_add"],
  );
  assert.equal(commands[1]?.arguments.tag, "pro ject");
  assert.equal(commands[1]?.arguments.bus, "slot2");
});

test("a 9p share refers to the directory declared under the same id", () => {
  const [device] = ninePCommands({ index: 3, tag: "project", slot: 2 });
  assert.equal(device?.arguments.fsdev, "share3");
  assert.equal(device?.arguments.mount_tag, "project");
});
