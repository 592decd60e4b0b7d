import assert from "node:assert/strict";
import { test } from "node:test";
import { linksOf } from "#core/language/links.ts";
import { languageContext } from "#test/support/language.ts";

/** Each link as it is written, with where it leads. */
function links(path: string, text: string): [string, string][] {
  return linksOf(languageContext(path, text)).map((link) => [
    text.slice(link.span.start, link.span.end),
    "url" in link ? link.url : link.path,
  ]);
}

const toml = `# See https://example.com/a?b=c#d, and (http://x.example).
[vm]
image = "oci-archive:./base.tar:v1"
kernel = '~/vmlinux'
initramfs = "/boot/initramfs"
[mounts.m]
source = "a\\\\b"
target = "/x"
[mask.k]
paths = [".git"]
[network.sockets.s]
host = "/run/a.sock:/b"
`;
const expected: [string, string][] = [
  ["./base.tar", "./base.tar"],
  ["~/vmlinux", "~/vmlinux"],
  ["/boot/initramfs", "/boot/initramfs"],
  ["a\\\\b", "a\\b"],
  [".git", ".git"],
  ["/run/a.sock", "/run/a.sock"],
  ["https://example.com/a?b=c#d", "https://example.com/a?b=c#d"],
  ["http://x.example", "http://x.example"],
];

test("archives, kernels, mounts, masks, sockets and web pages are links, in every format", () => {
  assert.deepEqual(links("airlock.toml", toml), expected);
  const json = JSON.stringify({
    $schema: "https://example.com/schema.json",
    vm: { image: { name: "oci:../dir" }, kernel: "k" },
    mask: { k: { paths: [".git"] } },
  });
  assert.deepEqual(links("airlock.json", json), [
    ["../dir", "../dir"],
    ["k", "k"],
    [".git", ".git"],
    ["https://example.com/schema.json", "https://example.com/schema.json"],
  ]);
  const yaml =
    "vm:\n  image: docker-archive:a.tar\n# http://y.example.\nmounts:\n  m: {source: ./x y}\n";
  assert.deepEqual(links("airlock.yaml", yaml), [
    ["a.tar", "a.tar"],
    ["./x y", "./x y"],
    ["http://y.example", "http://y.example"],
  ]);
});

test("names of registries, guest paths and other schemes lead nowhere", () => {
  for (const text of [
    'vm.image = "alpine:3"\nenv.A = "/etc/passwd"\n',
    'mounts.m.target = "/x"\n# command:airlock.start file:///etc/passwd javascript:alert(1)\n',
    'vm.image = "embedded:base"\nmounts.m.source = ""\n',
  ]) {
    assert.deepEqual(links("airlock.toml", text), [], text);
  }
});
