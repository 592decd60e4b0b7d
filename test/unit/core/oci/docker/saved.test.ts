import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { archivePath } from "#core/oci/archive/paths.ts";
import { parseDiffIds, parseSaved, selectSaved } from "#core/oci/docker/saved.ts";

const images = parseSaved(
  JSON.stringify([
    { Config: "a.json", RepoTags: ["docker.io/library/app:1", "app:latest"], Layers: ["a"] },
    { Config: "b.json", RepoTags: null, Layers: null, LayerSources: {} },
    { Config: "c.json", RepoTags: ["localhost:5000/x/app:1"], Layers: [] },
  ]),
);

describe("manifest.json of a saved image", () => {
  it("selects by any spelling of the name, or by number", () => {
    const selected = (wanted: string) => selectSaved(images, wanted).config;
    assert.equal(selected("app:1"), "a.json");
    assert.equal(selected("library/app:1"), "a.json");
    assert.equal(selected("index.docker.io/library/app"), "a.json");
    assert.equal(selected("localhost:5000/x/app:1"), "c.json");
    assert.equal(selected("@1"), "b.json");
  });

  it("says what there is instead", () => {
    assert.throws(() => selectSaved(images, undefined), /several images; it has docker\.io/);
    assert.throws(() => selectSaved(images, "x/app:1"), { code: "archive", message: /no image x/ });
    assert.throws(() => selectSaved(images, "@9"), /no image number 9/);
    assert.throws(() => selectSaved(images.slice(1, 2), "app"), /none of its images has a name/);
    assert.throws(() => selectSaved([], undefined), /holds no image/);
  });

  it("is refused when it is not what Docker writes", () => {
    for (const text of ["{}", "[1]", '[{"Config":""}]', '[{"Config":"a","Layers":[""]}]']) {
      assert.throws(() => parseSaved(text), { code: "archive" });
    }
    assert.throws(() => parseSaved("["), { code: "manifest", message: /not JSON/ });
  });

  it("goes with a config that names the layers", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    assert.deepEqual(parseDiffIds(`{"rootfs":{"diff_ids":["${digest}"]}}`), [digest]);
    assert.deepEqual(parseDiffIds('{"rootfs":{"type":"layers"}}'), []);
    for (const text of ["{}", '{"rootfs":{"diff_ids":["sha256:0"]}}']) {
      assert.throws(() => parseDiffIds(text), { code: "manifest" });
    }
  });
});

describe("names in an archive", () => {
  it("are compared without dots, and never lead out of it", () => {
    assert.equal(archivePath("./a//b/../c"), "a/c");
    assert.equal(archivePath("/a"), "a");
    assert.throws(() => archivePath("a/../../b"), { code: "archive" });
  });
});
