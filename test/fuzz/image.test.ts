// Damaged PAX headers and JSON documents, and random trees through the EROFS writer.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseImageConfig, parseIndex, parseIndexOrManifest } from "#core/oci/documents.ts";
import { OciError } from "#core/oci/errors.ts";
import { parsePax, paxXattrs } from "#core/oci/tar/pax.ts";
import { fillDirectory, flatten, trees, writeErofs } from "#test/support/erofsTrees.ts";
import { fuzz, fuzzRuns, fuzzSeed, type Random, randomNumbers } from "#test/support/fuzzing.ts";
import { ImageChecks } from "#test/support/imageChecks.ts";
import { paxRecord } from "#test/support/tar.ts";

const paxRuns = fuzzRuns(0.2);
const documentRuns = fuzzRuns(0.198);
const treeRuns = fuzzRuns(0.01);

describe("fuzz: PAX headers", () => {
  it(`survives ${paxRuns} damaged headers`, (test) => {
    const random = randomNumbers(fuzzSeed);
    const outcomes = fuzz(paxRuns, () =>
      outcomeOf(() => paxXattrs(parsePax(damaged(paxBody(random), random)))),
    );
    test.diagnostic(JSON.stringify(outcomes));
    assert.ok((outcomes.good ?? 0) > paxRuns / 100, "some damage is harmless");
    assert.ok((outcomes.tar ?? 0) > paxRuns / 100, "most damage is noticed");
  });
});

describe("fuzz: index, manifest and config", () => {
  it(`survives ${documentRuns} damaged documents`, (test) => {
    const random = randomNumbers(fuzzSeed);
    const outcomes = fuzz(documentRuns, () => {
      const text = damagedDocument(random);
      return outcomeOf(() => parsers[random(parsers.length)]?.(text));
    });
    test.diagnostic(JSON.stringify(outcomes));
    assert.ok((outcomes.good ?? 0) > documentRuns / 100, "some damage is harmless");
    assert.ok((outcomes.manifest ?? 0) > documentRuns / 100, "most damage is noticed");
  });
});

describe("fuzz: EROFS writer", () => {
  it(`writes ${treeRuns} random trees that a strict reader and fsck accept`, () => {
    const images = new ImageChecks(treeRuns / 5);
    fc.assert(
      fc.property(trees, (tree) => {
        const image = writeErofs((writer, root) => fillDirectory(writer, root, tree));
        const expected = flatten(tree, "").map(([name]) => name);
        assert.deepEqual([...images.add(image).keys()].sort(), ["/", ...expected].sort());
      }),
      { numRuns: treeRuns, seed: fuzzSeed },
    );
    images.finish();
  });
});

function outcomeOf(work: () => unknown): string {
  try {
    work();
    return "good";
  } catch (error) {
    if (error instanceof OciError) return error.code;
    throw error;
  }
}

const keys = ["path", "size", "mtime", "SCHILY.xattr.user.a", "LIBARCHIVE.xattr.user.%61", "x=y"];
const values = ["", "0", "-1.5", "a/b", "aGVsbG8=", "!!!!", "\n", "12 path=x\n", "\0\xff"];

function paxBody(random: Random): Buffer {
  const records = Array.from({ length: random(5) }, () =>
    paxRecord(keys[random(keys.length)] ?? "", Buffer.from(values[random(values.length)] ?? "")),
  );
  return Buffer.concat(records);
}

function damaged(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let round = random(4); round > 0 && result.length > 0; round -= 1) {
    const at = random(result.length);
    switch (random(4)) {
      case 0:
        result[at] = random(256);
        break;
      case 1:
        result[at] = digits.charCodeAt(random(digits.length));
        break;
      case 2:
        result = result.subarray(0, at);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), result.subarray(random(result.length))]);
    }
  }
  return result;
}

const digits = '0123456789 =\n{}[]",:-';

const parsers: readonly ((text: string) => unknown)[] = [
  parseIndex,
  parseImageConfig,
  (text) => parseIndexOrManifest(text, "application/vnd.oci.image.manifest.v1+json"),
  (text) => parseIndexOrManifest(text, undefined),
];

const digest = `sha256:${"0a".repeat(32)}`;
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const documents: readonly object[] = [
  {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        mediaType: manifestType,
        digest,
        size: 1,
        platform: { os: "linux", architecture: "amd64" },
      },
    ],
  },
  {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 },
    layers: [{ mediaType: layerType, digest, size: 3, urls: ["https://localhost/x"] }],
  },
  {
    created: "2023-11-14T22:13:20Z",
    os: "linux",
    architecture: "amd64",
    config: { User: "1:2", Env: ["A=b"], Cmd: ["x"], Labels: { a: "b" }, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [digest] },
  },
];
const odd: readonly unknown[] = [null, true, -1, 1e300, "", "\0", [], {}, "sha256:", digest];

/** A document with some of its values replaced by others, or with damaged text. */
function damagedDocument(random: Random): string {
  const document = documents[random(documents.length)] ?? {};
  const replace = () => random(12) === 0;
  const text = JSON.stringify(document, (key, value: unknown) =>
    key !== "" && replace() ? odd[random(odd.length)] : value,
  );
  return random(3) === 0 ? damaged(Buffer.from(text), random).toString("utf8") : text;
}
