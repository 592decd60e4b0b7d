import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadConfig } from "#core/config/load.ts";
import { effectiveTree } from "#extension/configuration/effectiveTree.ts";
import type { EffectiveNode } from "#shared/protocol/panel.ts";

const project = `presets = ["nodejs"]
[vm]
memory = "2 GB"
[network.rules.a]
allow = ["x", "y"]
[env]
"A B" = "1"
`;
const local = '[vm]\nmemory = "1 GB"\n';

describe("the tree of the effective configuration", () => {
  test("has every value with its origin, and what it goes over", () => {
    const { nodes, targets, isBroken } = treeOf();
    assert.equal(isBroken, false);
    const memory = at(nodes, "vm", "memory");
    assert.deepEqual(
      [memory.value, memory.origin, memory.isDefault],
      ["1 GiB", "airlock.local.toml:2:10 (local)", false],
    );
    assert.deepEqual(targets[memory.target ?? -1], {
      ...{ path: "/p/airlock.local.toml", line: 2, column: 10 },
    });
    const [over] = memory.children;
    assert.deepEqual([over?.value, over?.origin], ['"2 GB"', "airlock.toml:3:10 (project)"]);
    assert.deepEqual(targets[over?.target ?? -1], { path: "/p/airlock.toml", line: 3, column: 10 });
  });

  test("has lists element by element", () => {
    const { nodes } = treeOf();
    const allow = at(nodes, "network", "rules", "a", "allow");
    assert.deepEqual(
      allow.children.map(({ name, value }) => [name, value]),
      [
        ["0", '"x"'],
        ["1", '"y"'],
      ],
    );
    assert.equal(allow.value, null);
  });

  test("names presets, and opens the file that asks for one", () => {
    const { nodes, targets } = treeOf();
    const preset = at(nodes, "presets", "nodejs");
    assert.deepEqual(targets[preset.target ?? -1], {
      ...{ path: "/p/airlock.toml", line: 1, column: 12 },
    });
    const variable = at(nodes, "env", "NODE_EXTRA_CA_CERTS");
    assert.match(variable.origin ?? "", /preset, asked for by airlock\.toml:1:12/);
  });

  test("tells what nobody has set, and which tables have only that", () => {
    const { nodes } = treeOf();
    const cpus = at(nodes, "vm", "cpus");
    assert.deepEqual([cpus.isDefault, cpus.target, cpus.origin], [true, null, "(default)"]);
    assert.deepEqual(
      nodes.map(({ name, isDefault }) => [name, isDefault]),
      [
        ["presets", false],
        ["vm", false],
        ["network", false],
        ["disk", true],
        ["env", false],
      ],
    );
  });

  test("gives each node an id of its own", () => {
    const ids = treeOf().nodes.flatMap(idsOf);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("is the errors, with their places, when there is no configuration", () => {
    const stderr = "/p/airlock.toml:3:8: error: too many\nsomething else";
    const { nodes, targets, isBroken } = effectiveTree({ stdout: "", stderr }, shortPath);
    assert.equal(isBroken, true);
    assert.deepEqual(
      nodes.map(({ value, origin, target }) => [value, origin, target]),
      [
        ["error: too many", "airlock.toml:3:8", 0],
        ["something else", null, null],
      ],
    );
    assert.deepEqual(targets, [{ path: "/p/airlock.toml", line: 3, column: 8 }]);
  });

  test("what the rest amounts to stands behind the errors", () => {
    const origin = { scope: "default" };
    const values = [{ keyPath: "vm.kvm", value: false, origin, overrode: [] }];
    const stdout = JSON.stringify({ hasErrors: true, presets: [], values, text: "", links: [] });
    const { nodes, isBroken } = effectiveTree({ stdout, stderr: "a: error: b\n" }, shortPath);
    assert.equal(isBroken, true);
    assert.deepEqual(
      nodes.map(({ name, value }) => name || value),
      ["a: error: b", "vm"],
    );
  });
});

/** The tree of what the program prints for the two files. */
function treeOf() {
  const { config, provenance } = loadConfig(
    [
      { scope: "project", path: "/p/airlock.toml", text: project },
      { scope: "local", path: "/p/airlock.local.toml", text: local },
    ],
    { platform: "linux", cpus: 4, memoryBytes: 2 ** 33 },
  );
  assert.ok(config);
  const values = provenance.values(config);
  const printed = { hasErrors: false, presets: provenance.presets, values, text: "", links: [] };
  return effectiveTree({ stdout: JSON.stringify(printed), stderr: "" }, shortPath);
}

function shortPath(path: string): string {
  return path.replace("/p/", "");
}

function at(nodes: readonly EffectiveNode[], ...[name, ...rest]: string[]): EffectiveNode {
  const node = nodes.find((each) => each.name === name);
  assert.ok(node, name);
  return rest.length === 0 ? node : at(node.children, ...rest);
}

function idsOf({ id, children }: EffectiveNode): string[] {
  return [id, ...children.flatMap(idsOf)];
}
