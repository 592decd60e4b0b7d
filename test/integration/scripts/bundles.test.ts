// What has to be loaded before something can happen: counted in modules, because milliseconds depend on the day.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { build, type Metafile } from "esbuild";
import { tempTree } from "#test/support/tempTree.ts";
import { bundleOptions, bundles } from "../../../scripts/build.ts";

const root = join(import.meta.dirname, "..", "..", "..");

describe("what is loaded before", () => {
  let inputs: Metafile["inputs"];
  let outputs: Metafile["outputs"][string][];

  before(async () => {
    const entryPoints = ["src/helper/main.ts", "src/extension/main.ts"];
    const all = { ...bundleOptions, entryPoints, outdir: "build/unwritten" };
    const { metafile } = await build({
      ...all,
      absWorkingDir: root,
      write: false,
      metafile: true,
      sourcemap: false,
    });
    inputs = metafile.inputs;
    outputs = Object.values(metafile.outputs);
  });

  /** Modules that run before the first line of an entry: whatever is not imported on demand. */
  function loadedBy(...entries: string[]): { packages: string[]; modules: string[] } {
    const seen = new Set<string>();
    const visit = (path: string) => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const one of inputs[path]?.imports ?? []) {
        if (one.kind !== "dynamic-import") visit(one.path);
      }
    };
    for (const entry of entries) {
      assert.ok(inputs[entry] !== undefined, `${entry} is in no bundle`);
      visit(entry);
    }
    const modules = [...seen];
    const packages = modules.flatMap(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
    );
    return { modules, packages: [...new Set(packages)].sort() };
  }

  test("`airlock exec` connects: a parser of options and one of wire formats", () => {
    const { modules, packages } = loadedBy(
      "src/helper/main.ts",
      "src/helper/cli/program/exec.ts",
      "src/helper/cli/reach.ts",
      "src/helper/cli/commands/exec.ts",
    );
    assert.deepEqual(packages, ["@bufbuild/protobuf", "commander"]);
    assert.ok(modules.length < 90, `${modules.length} modules`);
    assert.ok(!modules.some((path) => path.endsWith("_pb.js")), "no descriptors");
  });

  test("`airlock exec` asks the guest: no parser of options yet", () => {
    const { packages } = loadedBy(
      "src/helper/main.ts",
      "src/helper/cli/program/exec.ts",
      "src/helper/cli/reach.ts",
    );
    assert.deepEqual(packages, ["@bufbuild/protobuf"]);
  });

  test("the bundle of `airlock exec` has been read: no check of settings, though it is there on demand", async () => {
    const options = bundles.find(({ outfile }) => outfile === "dist/helper/exec.cjs");
    const { metafile } = await build({ ...options, write: false, metafile: true });
    const packages = Object.keys(metafile.inputs).flatMap(
      (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
    );
    assert.deepEqual([...new Set(packages)].sort(), ["@bufbuild/protobuf", "commander"]);
  });

  test("the supervisor of `airlock start` is on its way: no package at all", () => {
    const { packages } = loadedBy("src/helper/main.ts", "src/helper/cli/program/start.ts");
    assert.deepEqual(packages, []);
  });

  test("a supervisor starts the machine: nothing that reads command lines, talks to it or to clients", () => {
    const { modules, packages } = loadedBy(
      "src/helper/main.ts",
      "src/helper/cli/program/supervise.ts",
      "src/helper/cli/commands/supervise.ts",
      "src/helper/sandbox/supervisor/supervise.ts",
    );
    assert.deepEqual(
      none(packages, /protobuf|connect|undici|dockerode|yaml|toml|execa|commander/),
      [],
    );
    assert.deepEqual(none(modules, /_pb\.js$|^node:http/), []);
  });

  test("`airlock start` tells the supervisor what to run: no servers, no way of making images", () => {
    const { modules, packages } = loadedBy(
      "src/helper/main.ts",
      "src/helper/cli/program/start.ts",
      "src/helper/cli/commands/start.ts",
      "src/helper/cli/start/start.ts",
    );
    // Of these two, only a file of their own is loaded, and only when they are used.
    const known = packages.filter((name) => name !== "execa" && name !== "yaml");
    assert.deepEqual(none(known, /protobuf|connect|undici|dockerode|fzstd/), []);
    assert.deepEqual(none(modules, /_pb\.js$|src\/core\/erofs\/(writer|fileTree)|^node:http/), []);
  });

  test("a sandbox is followed: nothing that talks to its supervisor's socket but for its command", () => {
    const { packages, modules } = loadedBy("src/helper/cli/start/follow.ts");
    assert.deepEqual(none(packages, /connect/), []);
    assert.deepEqual(none(modules, /_pb\.js$|^node:http/), []);
  });

  test("the extension is active: no package at all", () => {
    const { packages } = loadedBy("src/extension/main.ts");
    assert.deepEqual(packages, []);
  });

  test("nothing carries zod's translations", () => {
    const kept = outputs.flatMap((output) =>
      Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [path] : [],
      ),
    );
    assert.deepEqual(none(kept, /zod\/.*\/locales\/(?!en\.js|index\.js)\w/), []);
  });
});

function none(names: readonly string[], pattern: RegExp): string[] {
  return names.filter((name) => pattern.test(name));
}

test("`airlock exec` takes the compiled code that Node's modules come with, whichever bundle asks for them", async (t) => {
  const told = "told.txt";
  const hook = `
    const { getCacheUsage } = require("internal/test/binding").internalBinding("builtins");
    process.on("exit", () => {
      const { compiledWithCache, compiledWithoutCache } = getCacheUsage();
      const counts = [compiledWithCache.size, [...compiledWithoutCache]];
      require("node:fs").writeFileSync("${told}", JSON.stringify(counts));
    });`;
  const directory = tempTree(t, {});
  for (const name of ["airlock.cjs", "helper/exec.cjs"]) {
    const options = bundles.find(({ outfile }) => outfile === `dist/${name}`);
    await build({ ...options, absWorkingDir: root, outfile: join(directory, name) });
  }
  writeFileSync(join(directory, "hook.cjs"), hook);
  const flags = ["--expose-internals", "--no-warnings", "--require", "./hook.cjs"];
  const words = [...flags, "airlock.cjs", "exec", "--help"];
  execFileSync(process.execPath, words, { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
  const [taken, compiled] = JSON.parse(readFileSync(join(directory, told), "utf8"));
  assert.ok(taken > 10, `${taken} modules`);
  // Small, and asked for by a package.
  assert.deepEqual(compiled, ["process"]);
});
