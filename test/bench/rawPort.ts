// One more virtio-serial port of a bare machine, with nothing but bytes on it.
import { once } from "node:events";
import type { Socket } from "node:net";
import { connectWhenListening } from "#helper/machine/unixSocket.ts";
import type { BareMachine } from "./bareMachine.ts";
import { exec, rawCalls } from "./streams.ts";

export type RawPort = {
  /** Sends a byte to the guest and waits for it to come back. */
  echo(): Promise<void>;
  /** Lets the guest send so many bytes, and waits for them. */
  receive(bytes: number): Promise<number>;
  /** Sends so many bytes to the guest, and waits until it has read them. */
  send(bytes: Buffer): Promise<void>;
  close(): void;
};

/**
 * The guest gives every byte back; a line with a number asks for so many pieces of 64 KiB instead, and one with
 * `take` and a number lets it read so many bytes.
 */
const guestScript = `
for port in /sys/class/virtio-ports/*; do
  if [ "$(cat "$port/name")" = "$1" ]; then
    exec 3<>"/dev/\${port##*/}"
    while read -r word count <&3; do
      case $word in
        echo) cat <&3 >&3 ;;
        take) head -c "$count" <&3 > /dev/null; echo taken >&3 ;;
        *) dd if=/dev/zero bs=64k count="$word" >&3 ;;
      esac
    done
  fi
done`;

/** Two ports, because the one that echoes does nothing else any more. */
export async function openRawPort(machine: BareMachine): Promise<RawPort> {
  const [echoes, sends] = [await openPort(machine, 3), await openPort(machine, 4)];
  echoes.write("echo\n");
  return {
    echo: async () => {
      const seen = once(echoes, "data");
      echoes.write("x");
      await seen;
    },
    receive: (bytes) =>
      new Promise((resolve) => {
        let received = 0;
        const count = (chunk: Buffer) => {
          received += chunk.length;
          if (received < bytes) return;
          sends.off("data", count);
          resolve(received);
        };
        sends.on("data", count);
        sends.write(`${bytes / 2 ** 16}\n`);
      }),
    send: async (bytes) => {
      const taken = once(sends, "data");
      sends.write(`take ${bytes.length}\n`);
      sends.write(bytes);
      await taken;
    },
    close: () => {
      echoes.destroy();
      sends.destroy();
    },
  };
}

async function openPort({ qemu, link }: BareMachine, number: number): Promise<Socket> {
  const [id, path] = [`raw${number}`, `raw${number}.sock`];
  const addr = { type: "unix", data: { path } };
  const backend = { type: "socket", data: { addr, server: true, wait: false } };
  await qemu.add([
    { execute: "chardev-add", arguments: { id, backend } },
    {
      execute: "device_add",
      arguments: {
        driver: "virtserialport",
        bus: "serial.0",
        nr: number,
        id,
        chardev: id,
        name: id,
      },
    },
  ]);
  const socket = await connectWhenListening(qemu.dir, path, AbortSignal.timeout(10_000));
  const argv = ["sh", "-c", guestScript, "sh", id];
  const command = exec(rawCalls(link.session), argv);
  await command[Symbol.asyncIterator]().next();
  return socket;
}
