import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatNamed, parseReference } from "#core/oci/reference.ts";

const hex = "a".repeat(64);
const full = (text: string) => {
  const reference = parseReference(text);
  assert.equal(reference.source, "named", text);
  return reference.source === "named" ? formatNamed(reference.name) : "";
};

const inFile = (transport: string, path: string, tag?: string) => ({
  source: "archive",
  transport,
  path,
  tag,
  digest: undefined,
});

describe("image references", () => {
  it("fill in the registry, the library and the tag as Docker does", () => {
    const cases = {
      alpine: "docker.io/library/alpine:latest",
      "alpine:3.20": "docker.io/library/alpine:3.20",
      "user/app": "docker.io/user/app:latest",
      "docker.io/alpine": "docker.io/library/alpine:latest",
      "index.docker.io/user/app:1": "docker.io/user/app:1",
      "localhost/app": "localhost/app:latest",
      "localhost:5000/a/b/c:v1": "localhost:5000/a/b/c:v1",
      "Registry.Example.com/app": "Registry.Example.com/app:latest",
      "[::1]:5000/app": "[::1]:5000/app:latest",
      "host:443/app__x.y-z": "host:443/app__x.y-z:latest",
      [`alpine@sha256:${hex}`]: `docker.io/library/alpine@sha256:${hex}`,
      [`alpine:3@sha256:${hex}`]: `docker.io/library/alpine:3@sha256:${hex}`,
      "docker://registry.example/a/b:1": "registry.example/a/b:1",
      "docker:dind": "docker.io/library/docker:dind",
    };
    for (const [text, expected] of Object.entries(cases)) assert.equal(full(text), expected);
  });

  it("know the transports", () => {
    const cases: [string, object][] = [
      ["embedded:base", { source: "embedded", name: "base" }],
      [
        "oci:images/app",
        { source: "oci", directory: "images/app", tag: undefined, digest: undefined },
      ],
      ["oci:/a:b/c:tag", { source: "oci", directory: "/a:b/c", tag: "tag", digest: undefined }],
      ["oci:/a:b/c", { source: "oci", directory: "/a:b/c", tag: undefined, digest: undefined }],
      ["oci:a@b/c", { source: "oci", directory: "a@b/c", tag: undefined, digest: undefined }],
      [
        `oci:a@sha256:${hex}`,
        { source: "oci", directory: "a", tag: undefined, digest: `sha256:${hex}` },
      ],
      ["docker-archive:x.tar", inFile("docker-archive", "x.tar")],
      ["docker-archive:/a/x.tar:h:1/app:v", inFile("docker-archive", "/a/x.tar", "h:1/app:v")],
      ["docker-archive:x.tar:@1", inFile("docker-archive", "x.tar", "@1")],
      ["oci-archive:x.tar", inFile("oci-archive", "x.tar")],
      ["oci-archive:a:b/x.tar:v1", inFile("oci-archive", "a:b/x.tar", "v1")],
      [
        `oci-archive:x.tar@sha256:${hex}`,
        { ...inFile("oci-archive", "x.tar"), digest: `sha256:${hex}` },
      ],
    ];
    for (const [text, expected] of cases) assert.deepEqual(parseReference(text), expected);
  });

  it("are refused when no image can have them", () => {
    const bad = [
      ["", /bad name/],
      ["Alpine", /lower case/],
      ["a//b", /bad name/],
      ["a:", /bad tag/],
      ["a:-x", /bad tag/],
      [`a:${"t".repeat(129)}`, /bad tag/],
      ["a@sha256:12", /bad digest/],
      ["bad_host.com/a", /bad registry/],
      ["host:port/a", /bad registry/],
      ["embedded:", /needs a name/],
      ["embedded:../x", /needs a name/],
      ["oci:", /needs a directory/],
      ["oci::tag", /needs a directory/],
      ["docker-archive:", /needs a file/],
      ["docker-archive::app", /needs a file/],
      ["docker-archive:x.tar:", /name after the colon is missing/],
      ["docker-archive:x\0.tar", /zero byte/],
      ["oci-archive:", /needs a file/],
      ["docker-daemon:app", /resolution = "docker"/],
      ["dir:x", /have to be OCI image layouts/],
      [`${"a/".repeat(200)}b`, /too long/],
    ] as const;
    for (const [text, message] of bad) {
      assert.throws(() => parseReference(text), { name: "OciError", code: "reference", message });
    }
  });
});
