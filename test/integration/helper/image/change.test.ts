import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ChangeDecision, ImageChange } from "#helper/image/change.ts";
import { prepareImage } from "#helper/image/prepare.ts";
import { findImage, type StoredImage } from "#helper/image/store.ts";
import { AirlockError } from "#shared/errors.ts";
import { type LayoutDescriptor, writeLayout } from "#test/support/ociLayout.ts";
import { tar } from "#test/support/tar.ts";

describe("an image that has changed", () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-change-"));
  const saved = process.env.HOME;
  let next: LayoutDescriptor | undefined;
  let old: StoredImage;
  before(async () => {
    process.env.HOME = join(scratch, "home");
    const image = (content: string) => ({ layers: [tar([{ path: "a", content }])] });
    const images = { old: image("old"), next: image("next") };
    ({ next } = await writeLayout(join(scratch, "layout"), images));
    old = await prepare("old", "recreate");
  });
  after(() => {
    process.env.HOME = saved;
    rmSync(scratch, { recursive: true, force: true });
  });

  const asked: ImageChange[] = [];
  const prepare = (tag: string, decision: ChangeDecision | Error) =>
    prepareImage(
      { name: `oci:layout:${tag}`, resolution: "auto", insecure: false, projectDir: scratch },
      {
        previous: old && { name: old.name, digest: old.digest },
        onChange: (change) => {
          asked.push(change);
          return decision instanceof Error ? Promise.reject(decision) : Promise.resolve(decision);
        },
      },
    );

  it("is asked about before it is unpacked, and may be declined", async () => {
    await assert.rejects(prepare("next", "cancel"), { code: "declined" });
    assert.equal(await findImage(next?.digest ?? ""), undefined);
    const [change] = asked;
    assert.equal(change?.canContinue, true);
    assert.deepEqual(change?.after, { name: "oci:layout:next", digest: next?.digest });
  });

  it("may be answered with an error, which comes back as it is", async () => {
    const nobody = new AirlockError("image-changed", "There is nobody to ask.");
    await assert.rejects(prepare("next", nobody), nobody);
  });

  it("leaves the old one in use under its new name when that is wanted", async () => {
    const kept = await prepare("next", "continue");
    assert.deepEqual([kept.digest, kept.name], [old.digest, "oci:layout:next"]);
    assert.equal(await findImage(next?.digest ?? ""), undefined);
  });

  it("is not asked about again once it was declined, as long as the old one is there", async () => {
    asked.length = 0;
    const how = { previous: { name: old.name, digest: old.digest }, declinedDigest: next?.digest };
    const onChange = async (change: ImageChange) => {
      asked.push(change);
      return "cancel" as const;
    };
    const request = { resolution: "auto", insecure: false, projectDir: scratch } as const;
    const again = { ...request, name: "oci:layout:next" };
    assert.equal((await prepareImage(again, { ...how, onChange })).digest, old.digest);
    assert.deepEqual(asked, []);
    const gone = { name: "gone", digest: `sha256:${"0".repeat(64)}` };
    await assert.rejects(prepareImage(again, { ...how, previous: gone, onChange }), {
      code: "declined",
    });
    assert.equal(asked.length, 1);
  });

  it("is the one that was pulled, as long as the name is the one it was pulled by", async () => {
    const pulled = { name: "example.invalid/app:1", digest: old.digest };
    const start = (name: string) =>
      prepareImage(
        { name, resolution: "docker", insecure: false, projectDir: scratch },
        { pulled, previous: undefined },
      );
    assert.equal((await start(pulled.name)).digest, old.digest);
    await assert.rejects(start("example.invalid/app:2"), { name: "ImageError" });
  });

  it("takes the place of the old one otherwise, and the same image is no question", async () => {
    assert.equal((await prepare("next", "recreate")).digest, next?.digest);
    asked.length = 0;
    assert.equal((await prepare("old", "cancel")).digest, old.digest);
    assert.deepEqual(asked, []);
  });
});
