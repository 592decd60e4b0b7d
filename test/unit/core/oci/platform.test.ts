import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Descriptor } from "#core/oci/documents.ts";
import { selectPlatform } from "#core/oci/platform.ts";

const entry = (name: string | undefined, id: number): Descriptor => {
  const [os, architecture, variant] = name?.split("/") ?? [];
  const platform = name === undefined ? undefined : { os, architecture, variant };
  return { digest: `sha256:${String(id).repeat(64)}`, size: 1, platform };
};
const entries = (...names: (string | undefined)[]) => names.map(entry);
const chosen = (list: Descriptor[], architecture: "amd64" | "arm64") =>
  list.indexOf(selectPlatform(list, architecture));

describe("choice of platform", () => {
  it("takes the entry of this architecture and skips attestations", () => {
    const list = entries("unknown/unknown", "linux/arm64/v8", "windows/amd64", "linux/amd64");
    assert.equal(chosen(list, "amd64"), 3);
    assert.equal(chosen(list, "arm64"), 1);
  });

  it("prefers the variant every machine of the type has, and takes no other", () => {
    assert.equal(chosen(entries("linux/amd64/v3", "linux/amd64"), "amd64"), 1);
    assert.equal(chosen(entries("linux/arm64", "linux/arm64/v8"), "arm64"), 1);
    assert.throws(() => chosen(entries("linux/arm64/v9"), "arm64"), { code: "platform" });
  });

  it("takes a single entry that names no platform", () => {
    assert.equal(chosen(entries(undefined), "amd64"), 0);
    assert.equal(chosen(entries("unknown/unknown", undefined), "amd64"), 1);
    assert.throws(() => chosen(entries(undefined, undefined), "amd64"), { code: "platform" });
    const annotations = { "vnd.docker.reference.type": "attestation-manifest" };
    const [image, other] = entries(undefined, undefined);
    assert.ok(image && other);
    assert.equal(chosen([{ ...other, annotations }, image], "amd64"), 1);
  });

  it("says what there is when nothing fits", () => {
    const list = entries("linux/s390x", "linux/arm/v7", "unknown/unknown");
    const message = "the image has no variant for linux/amd64; it has linux/s390x, linux/arm/v7";
    assert.throws(() => chosen(list, "amd64"), { name: "OciError", code: "platform", message });
    assert.throws(() => chosen([], "amd64"), /it names no platform/);
  });
});
