import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { digestHex } from "#core/oci/digest.ts";
import { parseImageConfig, parseIndex, parseIndexOrManifest } from "#core/oci/documents.ts";

const digest = `sha256:${"0".repeat(64)}`;
const descriptor = { mediaType: "x", digest, size: 5 };
const manifest = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
const refuses = (value: unknown, message: RegExp, mediaType?: string) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  assert.throws(() => parseIndexOrManifest(text, mediaType), { code: "manifest", message });
};

describe("image documents", () => {
  it("tell indexes and manifests apart by type, else by their fields", () => {
    const list = "application/vnd.docker.distribution.manifest.list.v2+json";
    const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor] });
    assert.ok("index" in parseIndexOrManifest(index, list));
    assert.ok("index" in parseIndexOrManifest(index, undefined));
    assert.ok("manifest" in parseIndexOrManifest(JSON.stringify(manifest), undefined));
    const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    const typed = JSON.stringify({ ...manifest, mediaType });
    assert.ok("manifest" in parseIndexOrManifest(typed, "application/json"));
  });

  it("refuse what they are not, and say where", () => {
    refuses("not json", /is not JSON/);
    refuses([1], /not a JSON object|not valid/);
    refuses({ schemaVersion: 1, fsLayers: [] }, /schema 1, which is too old/);
    refuses(manifest, /unknown type "text\/plain"/, "text/plain");
    refuses({ ...manifest, layers: [] }, /the image has no layers/);
    refuses({ ...manifest, layers: [{ ...descriptor, size: -1 }] }, /layers\.0\.size/);
    refuses({ ...manifest, config: { ...descriptor, digest: "sha256:../../x" } }, /config\.digest/);
    refuses({ ...manifest, layers: Array(1001).fill(descriptor) }, /layers/);
    assert.throws(() => parseIndex("{}"), { code: "manifest" });
  });

  it("fill in what a config leaves out", () => {
    const { config, createdSeconds, platform } = parseImageConfig("{}");
    assert.deepEqual(config, {
      user: "",
      env: [],
      entrypoint: [],
      cmd: [],
      workingDir: "",
      labels: {},
      stopSignal: "",
    });
    assert.equal(createdSeconds, 0);
    assert.equal(platform.architecture, undefined);
  });

  it("read a config as Docker writes it, with nulls", () => {
    const { config, createdSeconds } = parseImageConfig(
      JSON.stringify({
        created: "2023-11-14T22:13:20.123456789Z",
        architecture: "amd64",
        os: "linux",
        config: { User: "node", Env: ["A=1"], Cmd: null, Entrypoint: ["/x"], Labels: null },
      }),
    );
    assert.deepEqual([config.user, config.env, config.cmd], ["node", ["A=1"], []]);
    assert.equal(createdSeconds, 1_700_000_000);
    assert.throws(() => parseImageConfig('{"config":{"Env":"A=1"}}'), /config\.Env/);
  });
});

describe("digests", () => {
  it("become file names only when they are exactly a sha256", () => {
    assert.equal(digestHex(digest), "0".repeat(64));
    for (const text of [
      "",
      "sha256:",
      `sha256:${"A".repeat(64)}`,
      `sha512:${"0".repeat(128)}`,
      `${digest}/..`,
    ]) {
      assert.throws(() => digestHex(text), { code: "manifest" });
    }
  });
});
