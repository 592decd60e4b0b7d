import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { writeLayout } from "../support/ociLayout.ts";
import { photographFailures } from "../support/photographs.ts";
import { prompt, shows } from "../support/waits.ts";
import { noWorkbench, startWorkbench, until, type Workbench } from "../support/workbench.ts";
import type { Window } from "../support/workbenchWindow.ts";

/** Emulated machines on a busy computer need long. */
const slowMs = 120_000;
const embedded = join(import.meta.dirname, "../../dist/images/base");

describe("a sandbox whose image is another one now", { skip: noWorkbench }, () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  before(async () => {
    workbench = await startWorkbench();
    folder = workbench.folder("image", { "airlock.toml": config("embedded:base") });
    window = await workbench.open(folder);
  });
  photographFailures(() => window);
  after(async () => {
    await workbench?.dispose();
  });

  test("has a file outside the project", async () => {
    await window.command("Airlock: Open Terminal");
    await prompt(window);
    await window.typeInTerminal("touch /root/made-inside; sync; ls /root");
    await until("the file", async () => /^made-inside/m.test(await window.terminalText()));
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
  });

  test("is not re-created without the user's word", async () => {
    await otherImage(folder);
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Cancel");
    await shows(window, /stopped/);
  });

  test("goes on with the old one when the user wants that", async () => {
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Keep Old Image");
    await shows(window, /oci:\.\/other/, slowMs);
    await window.command("Airlock: Open Terminal");
    await prompt(window);
    await window.typeInTerminal("ls /root; echo $OTHER-$((1+1))");
    await until("the answer", async () => /^-2/m.test(await window.terminalText()));
    assert.match(await window.terminalText(), /^made-inside/m);
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
  });

  test("is asked about again when it changes again", async () => {
    await otherImage(folder, "once-more");
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Cancel");
    await shows(window, /stopped/);
  });

  test("is re-created from the new image when the user agrees", async () => {
    await window.command("Airlock: Start Sandbox");
    await window.pressDialogButton("Re-create");
    await shows(window, /oci:\.\/once-more/, slowMs);
    await window.command("Airlock: Open Terminal");
    await prompt(window);
    await window.typeInTerminal("ls /root; echo $OTHER-$((1+1))");
    await until("the answer", async () => (await window.terminalText()).includes("image-2"));
    assert.doesNotMatch(await window.terminalText(), /^made-inside/m);
    await window.command("Airlock: Stop Sandbox");
    await shows(window, /stopped/);
  });
});

function config(image: string): string {
  return `[vm]\nimage = "${image}"\ncpus = 1\nmemory = "512 MB"\n`;
}

/** The embedded image with another configuration, and so another digest, as a layout in the project. */
async function otherImage(folder: string, name = "other"): Promise<void> {
  const read = (digest: string) => readFileSync(join(embedded, "blobs", digest.replace(":", "/")));
  const index = JSON.parse(readFileSync(join(embedded, "index.json"), "utf8"));
  const manifest = JSON.parse(read(index.manifests[0].digest).toString());
  const layers = manifest.layers.map(({ digest }: { digest: string }) => gunzipSync(read(digest)));
  const changed = { Cmd: ["/bin/sh"], Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "OTHER=image"] };
  await writeLayout(join(folder, name), { base: { layers, config: changed } });
  writeFileSync(join(folder, "airlock.toml"), config(`oci:./${name}`));
}
