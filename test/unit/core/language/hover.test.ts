import assert from "node:assert/strict";
import { test } from "node:test";
import { hoverAt } from "#core/language/hover.ts";

test("a key shows its documentation, its choices and its default", () => {
  const text = '[network]\npolicy = "deny-always"\n';
  const hover = hoverAt({ path: "airlock.toml", text }, { line: 2, column: 3 });
  assert.deepEqual(hover?.range, { start: { line: 2, column: 1 }, end: { line: 2, column: 7 } });
  assert.match(hover?.markdown ?? "", /\*\*`network\.policy`\*\*/);
  assert.match(hover?.markdown ?? "", /One of `allow-always`, `deny-always`/);
  assert.match(hover?.markdown ?? "", /Default: `allow-always`/);
});

test("keys of named entries are documented in every format", () => {
  const toml = hoverAt(
    { path: "a.toml", text: '[mounts."a.b"]\nread_only = true' },
    { line: 2, column: 1 },
  );
  assert.match(toml?.markdown ?? "", /may only read/);
  const yaml = hoverAt(
    { path: "a.yaml", text: "daemons:\n  d:\n    timeout: 3" },
    { line: 3, column: 6 },
  );
  assert.match(yaml?.markdown ?? "", /Seconds to wait/);
  const json = hoverAt({ path: "a.json", text: '{"vm": {"cpus": 3}}' }, { line: 1, column: 3 });
  assert.match(json?.markdown ?? "", /The virtual machine/);
});

test("values, unknown keys and broken files show nothing", () => {
  assert.equal(
    hoverAt({ path: "a.toml", text: "vm.cpus = 3" }, { line: 1, column: 11 }),
    undefined,
  );
  assert.equal(hoverAt({ path: "a.toml", text: "foo = 3" }, { line: 1, column: 1 }), undefined);
  assert.equal(hoverAt({ path: "a.toml", text: "vm = [" }, { line: 1, column: 1 }), undefined);
});
