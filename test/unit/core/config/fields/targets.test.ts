import assert from "node:assert/strict";
import { test } from "node:test";
import { isIpv6, parseTarget } from "#core/config/fields/targets.ts";

const valid: [text: string, host: string, port: number | undefined][] = [
  ["*", "*", undefined],
  ["*:443", "*", 443],
  ["example.com", "example.com", undefined],
  ["Example.COM.", "example.com", undefined],
  ["example.com:443", "example.com", 443],
  ["example.com:*", "example.com", undefined],
  ["*.example.com:80", "*.example.com", 80],
  ["**.example.com:443", "**.example.com", 443],
  ["localhost", "localhost", undefined],
  ["127.0.0.1:8080", "127.0.0.1", 8080],
  ["*.0.0.1", "*.0.0.1", undefined],
  ["::1", "::1", undefined],
  ["[::1]:443", "::1", 443],
  ["[2001:DB8::1]", "2001:db8::1", undefined],
  ["::ffff:1.2.3.4", "::ffff:102:304", undefined],
  ["0:0:0:0:0:0:0:1", "::1", undefined],
  ["[2001:0DB8:0:0:1:0:0:1]:443", "2001:db8::1:0:0:1", 443],
  ["bücher.example", "xn--bcher-kva.example", undefined],
  ["**.BÜCHER.example.:443", "**.xn--bcher-kva.example", 443],
  ["xn--bcher-kva.example", "xn--bcher-kva.example", undefined],
  ["1.example", "1.example", undefined],
  ["my_host:1", "my_host", 1],
];
for (const [text, host, port] of valid) {
  test(`${text} is a target`, () => {
    assert.deepEqual(parseTarget(text), { host, port });
  });
}

const invalid: [text: string, message: RegExp][] = [
  ["", /empty/],
  [" example.com", /spaces/],
  ["*foo.com", /wildcard/],
  ["a*.com", /wildcard/],
  ["***.com", /wildcard/],
  ["*.*.com", /wildcard/],
  ["example.com:https", /`https` is no port/],
  ["example.com:", /`` is no port/],
  ["example.com:0", /`0` is no port/],
  ["example.com:65536", /no port/],
  ["https://example.com", /no scheme/],
  ["http:example.com:80", /no `http:` prefix any more/],
  ["example.com/path", /without a path/],
  ["10.0.0.0/8", /network mask/],
  ["a..b", /no host name/],
  ["*.", /no host name/],
  [".example.com", /no host name/],
  ["exa$mple.com", /no host name/],
  [`${"a".repeat(64)}.com`, /no host name/],
  ["300.1.1.1", /no IPv4 address/],
  ["1.2.3", /no IPv4 address/],
  ["010.0.0.1", /no IPv4 address/],
  ["0x7f.0x1:80", /no IPv4 address/],
  ["2130706433", /no IPv4 address/],
  ["a.\u2024b", /no host name/],
  [`${"ü".repeat(60)}.example`, /no host name/],
  ["[::g]:1", /no IPv6 address/],
  ["1:2:3", /no IPv6 address/],
];
for (const [text, message] of invalid) {
  test(`${JSON.stringify(text)} is no target`, () => {
    const target = parseTarget(text);
    assert.ok("error" in target, JSON.stringify(target));
    assert.match(target.error, message);
  });
}

test("IPv6 addresses are recognised in every form", () => {
  for (const text of ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "1::8", "fe80::1:2", "::1.2.3.4"]) {
    assert.ok(isIpv6(text), text);
  }
  for (const text of ["", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::"]) {
    assert.ok(!isIpv6(text), text);
  }
  for (const text of [
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:",
    "::1.2.3",
    "::256.1.1.1",
    "1:2:3:4:5:6:7::8",
  ]) {
    assert.ok(!isIpv6(text), text);
  }
});
