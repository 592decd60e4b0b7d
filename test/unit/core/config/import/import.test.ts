// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are templates.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importDevcontainer } from "#core/config/import/devcontainer.ts";
import { importDockerfile } from "#core/config/import/dockerfile.ts";
import { importedToml } from "#core/config/import/imported.ts";
import { findings, loadToml } from "#test/support/configs.ts";

const devcontainer = `// A comment
{
  "name": "web",
  "image": "mcr.example/node:24",
  "features": { "ghcr.io/x/y:1": {} },
  "forwardPorts": [3000, "db:5432", "9000"],
  "appPort": "8000:8010",
  "containerEnv": {
    "PLAIN": "costs $5 \\\\ or {more}",
    "TOKEN": "\${localEnv:TOKEN}",
    "EDITOR": "\${localEnv:EDITOR:vi}",
    "PATH": "\${containerEnv:PATH}:/x"
  },
  "mounts": [
    "source=\${localEnv:HOME}/.aws,target=/root/.aws,type=bind,readonly",
    { "source": "deps", "target": "/deps", "type": "volume" },
    "source=\${localWorkspaceFolder}/data,target=/data,type=bind",
    "source=\${devcontainerId},target=/x,type=volume",
    "target=/tmp,type=tmpfs",
  ],
  "postCreateCommand": "npm ci",
  "remoteUser": "node",
  "made-up": 1,
}
`;

test("a devcontainer.json gives image, ports, environment, mounts and caches", () => {
  const imported = importDevcontainer(".devcontainer/devcontainer.json", devcontainer);
  assert.equal(imported.image, "mcr.example/node:24");
  assert.deepEqual(imported.ports, [3000, 9000, "8000:8010"]);
  assert.deepEqual(imported.env, {
    PLAIN: "costs \\$5 \\\\ or {more}",
    TOKEN: "${TOKEN:}",
    EDITOR: "${EDITOR:vi}",
  });
  assert.deepEqual(imported.mounts, {
    "root-aws": { source: "~/.aws", target: "/root/.aws", read_only: true },
    data: { source: "./data", target: "/data" },
  });
  assert.deepEqual(imported.caches, { deps: { paths: ["/deps"] }, x: { paths: ["/x"] } });
});

test("an image with variables has their defaults, or none where there are none, and says so", () => {
  const importOf = (image: string) => importDevcontainer("d", JSON.stringify({ image }));
  const whole = importOf("a.example/node:${localEnv:TAG:24}");
  assert.equal(whole.image, "a.example/node:24");
  assert.deepEqual(whole.notes, ["image: its variables were replaced by their defaults"]);
  for (const image of ["node:${localEnv:TAG}", "${containerEnv:A:b}", "x:$TAG"]) {
    const { image: taken, notes } = importOf(image);
    assert.equal(taken, undefined, image);
    assert.match(notes.join(), /^image: its name has variables/);
  }
});

test("what cannot be carried over is reported, with the reason", () => {
  const { notes } = importDevcontainer("d", devcontainer);
  assert.deepEqual(
    notes.map((note) => note.slice(0, note.indexOf(":"))),
    [
      "features",
      "forwardPorts",
      "containerEnv.PATH",
      "mounts",
      "postCreateCommand",
      "remoteUser",
      "made-up",
    ],
  );
  assert.match(notes.join("\n"), /^forwardPorts: "db:5432" is no port here$/m);
});

test("what is imported is a valid configuration, and its comments stay comments", () => {
  const imported = importDevcontainer("d", devcontainer);
  imported.notes.push("evil\n[vm]\nkvm = true");
  const toml = importedToml(imported);
  assert.deepEqual(findings(toml), []);
  const config = loadToml(toml);
  assert.equal(config.vm.kvm, false);
  assert.deepEqual(config.network.ports.imported?.guest, [3000, 9000, "8000:8010"]);
});

test("keys that every object has are keys like others", () => {
  const { notes } = importDevcontainer("x", '{"constructor": 1, "toString": 2}');
  assert.deepEqual(
    notes.map((note) => note.split(":")[0]),
    ["constructor", "toString"],
  );
});

test("hostile or broken files import nothing and do not throw", () => {
  for (const text of [
    "",
    "[]",
    "{",
    '{"mounts": [null, 1, {}], "containerEnv": 3, "forwardPorts": {}}',
  ]) {
    const { env, mounts, ports } = importDevcontainer("d", text);
    assert.deepEqual([env, mounts, ports], [{}, {}, []]);
  }
  const named = importDevcontainer("d", '{"mounts": ["source=/a,target=/__proto__,type=bind"]}');
  assert.deepEqual(findings(importedToml(named)), []);
  assert.deepEqual(importDockerfile("Dockerfile", "FROM\nENV\nEXPOSE x 99999\n").ports, []);
});

test("a Dockerfile gives the base image of its last stage, environment and ports", () => {
  const text = `# syntax=docker/dockerfile:1
ARG VERSION=24
FROM --platform=$BUILDPLATFORM node:\${VERSION}-slim AS base
ENV KEPT=1
FROM other AS unused
ENV LOST=1
FROM base
RUN <<EOF
ENV NOT=this
ENV NOT=this
EOF
ENV A=1 B="two words" \\
    C='$x' PATH=$PATH:/y
ENV OLD style value
EXPOSE 3000 53/udp 8080/tcp
CMD ["node"]
`;
  const imported = importDockerfile("Dockerfile", text);
  assert.equal(imported.image, "node:24-slim");
  assert.deepEqual(imported.env, { KEPT: "1", A: "1", B: "two words", OLD: "style value" });
  assert.deepEqual(imported.ports, [3000, 8080]);
  assert.deepEqual(
    imported.notes.map((note) => note.split(":")[0]),
    ["EXPOSE", "RUN", "CMD"],
  );
});
