import assert from "node:assert/strict";
import { test } from "node:test";
import { sandboxEnv } from "#helper/cli/start/environment.ts";

test("configured values are put over the image's, in the order of their keys", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of our own templates
  const configured = { B: "${HOST}!", A: "1", PATH: "/x" };
  const env = sandboxEnv(["PATH=/bin", "HOME=/root"], configured, { HOST: "host" });
  assert.deepEqual(env, ["HOME=/root", "A=1", "B=host!", "PATH=/x"]);
});

test("all that is missing is told at once, without any value", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of our own templates
  const configured = { A: "${NOT_THERE}", B: "$ALSO_NOT", C: "secret$KNOWN" };
  assert.throws(
    () => sandboxEnv([], configured, { KNOWN: "hidden" }),
    (error: Error) => {
      assert.match(error.message, /env\.A: .*NOT_THERE[\s\S]*env\.B: .*ALSO_NOT/);
      assert.doesNotMatch(error.message, /secret|hidden/);
      return true;
    },
  );
});

test("names that every object has are no variables", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of our own templates
  assert.deepEqual(sandboxEnv([], { A: "${valueOf:x}" }, {}), ["A=x"]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the syntax of our own templates
  const configured = { A: "${constructor}", B: "$toString" };
  assert.throws(() => sandboxEnv([], configured, {}), /env\.A: .*constructor[\s\S]*env\.B: /);
});
