import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatImages } from "#helper/cli/image/texts.ts";

const now = Date.UTC(2026, 0, 10, 12);
const image = (name: string, sizeBytes: number, ageMs: number) => ({
  name,
  digest: `sha256:${"0123456789abcdef".repeat(4)}`,
  source: "oci" as const,
  sizeBytes,
  createdAt: new Date(now - ageMs),
  lastUsedAt: new Date(now - ageMs),
  usedBy: name === "x" ? ["/a", "/b", "/c"] : name.startsWith("oci") ? ["/a"] : [],
  tags: [],
});

describe("airlock image ls", () => {
  it("prints an aligned table", () => {
    const images = [
      image("oci:./images/app:v1", 1_610_612_736, 20_000),
      image("embedded:base", 2_244_608, 90 * 60_000),
      image("x", 512, 49 * 3_600_000),
    ];
    assert.equal(
      formatImages(images, now),
      [
        "NAME                 DIGEST               SOURCE  SIZE     LAST USED   USED BY",
        "oci:./images/app:v1  sha256:0123456789ab  oci     1.5 GiB  just now    /a",
        "embedded:base        sha256:0123456789ab  oci     2.1 MiB  1 hour ago",
        "x                    sha256:0123456789ab  oci     512 B    2 days ago  /a and 2 more",
        "",
      ].join("\n"),
    );
  });

  it("says so when there are none", () => {
    assert.equal(formatImages([], now), "no images are stored\n");
  });
});
