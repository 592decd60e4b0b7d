import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { panelHtml } from "#extension/panel/html.ts";
import { Responder } from "#extension/panel/responder.ts";
import { panelRequests } from "#shared/protocol/panel.ts";

describe("a request of the panel", () => {
  const responder = new Responder();
  responder.on(panelRequests.act, async ({ action }) => {
    if (action === "logs") throw new Error("no log");
    return {};
  });
  const ask = (name: string, params: unknown) =>
    responder.answer({ type: "request", id: 7, name, params });

  test("is answered with its result", async () => {
    assert.deepEqual(await ask("act", { action: "start" }), { type: "result", id: 7, result: {} });
  });

  test("that fails is answered with the reason", async () => {
    const failure = { type: "failure", id: 7, message: "no log" };
    assert.deepEqual(await ask("act", { action: "logs" }), failure);
  });

  test("with parameters of another shape is refused", async () => {
    assert.equal((await ask("act", { action: "format the disk" }))?.type, "failure");
  });

  test("that nobody knows is refused", async () => {
    assert.equal((await ask("nonsense", {}))?.type, "failure");
  });

  test("that is no request is not answered", async () => {
    assert.equal(await responder.answer("hello"), undefined);
  });
});

test("the page allows one script by nonce, and nothing remote or inline", () => {
  const html = panelHtml({
    nonce: "n0nce",
    cspSource: "https://webview",
    script: "s.js",
    style: "s.css",
    title: '<img src=x onerror="1">',
  });
  const policy = /content="([^"]*)"/.exec(html)?.[1] ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /script-src 'nonce-n0nce'/);
  assert.doesNotMatch(policy, /unsafe|https:\s|\*/);
  assert.ok(!html.includes("<img"));
});
