// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates of our own syntax.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, load, loadToml } from "#test/support/configs.ts";

test("no daemons give an empty map", () => {
  assert.deepEqual(loadToml("").daemons, {});
});

test("a command alone has all defaults", () => {
  assert.deepEqual(loadToml('daemons.d.command = ["sleep", "1"]').daemons.d, {
    enabled: true,
    command: ["sleep", "1"],
    cwd: "/",
    signal: "SIGTERM",
    timeout: 10,
    restart: "always",
    max_restarts: 10,
    harden: true,
    env: {},
  });
});

test("every key is taken over", () => {
  const daemon = {
    enabled: false,
    command: ["dockerd"],
    cwd: "/srv",
    signal: "SIGINT",
    timeout: 30,
    restart: "on-failure",
    max_restarts: 0,
    harden: false,
    env: { A: "b" },
  };
  const result = load({ "airlock.json": JSON.stringify({ daemons: { dockerd: daemon } }) });
  assert.deepEqual(result.config?.daemons.dockerd, daemon);
});

test("an unknown signal is an error that lists the valid ones", () => {
  const [line] = findings('daemons.d = {command = ["x"], signal = "SIGBOGUS"}');
  assert.match(line ?? "", /"SIGBOGUS", expected one of `SIGTERM`, `SIGINT`, `SIGHUP`/);
  assert.match(
    findings('daemons.d = {command = ["x"], signal = "sigterm"}')[0] ?? "",
    /mean `SIGTERM`/,
  );
  assert.match(findings('daemons.d = {command = ["x"], signal = 15}')[0] ?? "", /unknown value 15/);
});

test("an unknown restart rule is an error that names it", () => {
  assert.match(
    findings('daemons.d = {command = ["x"], restart = "sometimes"}')[0] ?? "",
    /sometimes/,
  );
});

test("templates of the environment stay unexpanded", () => {
  const text = 'daemons.d = {command = ["x"], env = {A = "${HOST_VAR}"}}';
  assert.equal(loadToml(text).daemons.d?.env.A, "${HOST_VAR}");
});

test("commands of two files are joined", () => {
  const result = load({
    "airlock.toml": 'daemons.d.command = ["a", "b"]',
    "airlock.local.toml": 'daemons.d.command = ["c"]',
  });
  assert.deepEqual(result.config?.daemons.d?.command, ["a", "b", "c"]);
});

test("an empty command is an error, enabled or not", () => {
  assert.deepEqual(findings("daemons.d.command = []"), [
    "airlock.toml:1:21: error: `daemons.d.command`: the command is empty",
  ]);
  assert.match(findings("daemons.d = {command = [], enabled = false}").join(), /is empty/);
  assert.match(findings('daemons.d.command = [""]').join(), /the program's name is empty/);
});
