import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type PrepareOptions, prepareImage } from "#helper/image/prepare.ts";
import { defaultPace } from "#helper/image/registry/http.ts";
import type { SignInQuestion } from "#helper/image/signIn.ts";
import { checkImage } from "#test/support/erofsTools.ts";
import {
  type LayoutDescriptor,
  writeImage,
  writeIndex,
  writeNestedIndex,
} from "#test/support/ociLayout.ts";
import {
  alice,
  listen,
  refreshToken,
  registrySkipReason,
  startRegistry,
  startTokenServer,
  type TestRegistry,
  type Variant,
} from "#test/support/registry.ts";
import { tar } from "#test/support/tar.ts";

const other = process.arch === "arm64" ? "amd64" : "arm64";
const pace = { ...defaultPace, retry: { ...defaultPace.retry, attempts: 2, baseMs: 10 } };

describe("an image of a real registry", { skip: registrySkipReason() }, () => {
  const scratch = mkdtempSync(join(tmpdir(), "airlock-pull-"));
  const home = join(scratch, "home");
  const layout = join(scratch, "layout");
  const saved = { HOME: process.env.HOME, PATH: process.env.PATH };
  const started: { stop(): unknown }[] = [];
  let expected: LayoutDescriptor;
  before(async () => {
    process.env.HOME = home;
    const layers = [0, 1, 2, 3, 4].map((n) =>
      tar([{ path: `file${n}`, content: Buffer.alloc(300_000, `content ${n} `) }]),
    );
    expected = await writeImage(layout, { layers, config: { User: "app" } });
    const wrong = await writeImage(layout, { layers: layers.slice(1), architecture: other });
    const app = await writeNestedIndex(layout, [wrong, expected]);
    await writeIndex(layout, { app, next: wrong });
  });
  afterEach(async () => {
    for (const one of started.splice(0)) await one.stop();
    rmSync(home, { recursive: true, force: true });
    Object.assign(process.env, saved, { HOME: home });
    delete process.env.SSL_CERT_FILE;
  });
  after(() => {
    Object.assign(process.env, saved);
    rmSync(scratch, { recursive: true, force: true });
  });

  const registry = async (variant: Variant = {}, name = "team/app:1"): Promise<TestRegistry> => {
    const one = await startRegistry(variant);
    started.push(one);
    await one.push(layout, "app", name);
    return one;
  };
  const pull = (name: string, options: PrepareOptions & { insecure?: boolean } = {}) => {
    const { insecure = true, ...rest } = options;
    const request = { name, resolution: "registry", insecure, projectDir: scratch } as const;
    return prepareImage(request, { pace, ...rest });
  };
  const dockerConfig = (config: object) => {
    mkdirSync(join(home, ".docker"), { recursive: true });
    writeFileSync(join(home, ".docker/config.json"), JSON.stringify(config));
  };
  const signedIn = (host: string, password = alice.password) => ({
    auths: { [host]: { auth: Buffer.from(`${alice.name}:${password}`).toString("base64") } },
  });
  /** A credential helper of Docker's that writes what it is to keep into a file, and knows nothing. */
  const storingHelper = (script = "") => {
    const bin = join(scratch, "bin");
    const kept = join(scratch, "kept");
    mkdirSync(bin, { recursive: true });
    const keep = `[ "$1" = store ] || exit 1\n${script}\ncat > ${kept}\n`;
    writeFileSync(join(bin, "docker-credential-store"), `#!/bin/sh\n${keep}`);
    chmodSync(join(bin, "docker-credential-store"), 0o755);
    process.env.PATH = `${bin}:${saved.PATH}`;
    dockerConfig({ credsStore: "store" });
    return kept;
  };
  const settings = (text: string) => {
    mkdirSync(join(home, ".airlock"), { recursive: true });
    writeFileSync(join(home, ".airlock/settings.toml"), text);
  };

  it("is pulled over plain HTTP, the variant for this machine, with progress", async () => {
    const { host } = await registry();
    const seen: number[] = [];
    const image = await pull(`${host}/team/app:1`, {
      onProgress: ({ layers }) =>
        seen.push(layers?.filter(({ state }) => state === "done").length ?? 0),
    });
    assert.equal(image.digest, expected.digest);
    assert.deepEqual([image.source, image.config.user], ["registry", "app"]);
    assert.match(checkImage(image.path), /file4/);
    assert.equal(seen.at(-1), 5);
    assert.equal((await pull(`${host}/team/app@${expected.digest}`)).digest, expected.digest);
  });

  it("is told apart from one that is missing, and needs `insecure` for plain HTTP", async () => {
    const { host } = await registry();
    await assert.rejects(pull(`${host}/team/none:1`), { code: "not-found" });
    await assert.rejects(pull(`${host}/team/app:2`), { code: "not-found" });
    await assert.rejects(pull(`${host}/team/app:1`, { insecure: false }), {
      code: "certificate",
      message: /does not speak TLS/,
    });
  });

  it("is pulled over TLS when its authority is trusted, in any of the three ways", async () => {
    const { host, ca } = await registry({ tls: true });
    const name = `${host}/team/app:1`;
    await assert.rejects(pull(name, { insecure: false }), {
      code: "certificate",
      hint: /certs\.d/,
    });
    settings(`[registries."${host}"]\nca = "${ca}"\n`);
    assert.equal((await pull(name, { insecure: false })).digest, expected.digest);
    rmSync(home, { recursive: true });
    process.env.SSL_CERT_FILE = ca;
    assert.equal((await pull(name, { insecure: false })).digest, expected.digest);
    delete process.env.SSL_CERT_FILE;
    rmSync(home, { recursive: true });
    const directory = join(home, ".docker/certs.d", host);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "ca.crt"), readFileSync(ca));
    assert.equal((await pull(name, { insecure: false })).digest, expected.digest);
  });

  it("needs the password that Docker's config has", async () => {
    const { host } = await registry({ passwords: true });
    const name = `${host}/team/app:1`;
    await assert.rejects(pull(name), { code: "unauthorized", message: /requires authentication/ });
    dockerConfig(signedIn(host, "not-the-password"));
    await assert.rejects(pull(name), (error: Error & { code?: string }) => {
      assert.match(error.code ?? "", /denied|unauthorized/);
      assert.doesNotMatch(JSON.stringify(error) + String(error.stack), /not-the-password|Basic /);
      return true;
    });
    dockerConfig(signedIn(host));
    assert.equal((await pull(name)).digest, expected.digest);
  });

  it("uses credential helpers", async () => {
    const { host } = await registry({ passwords: true });
    const bin = join(scratch, "bin");
    mkdirSync(bin, { recursive: true });
    const answer = JSON.stringify({ Username: alice.name, Secret: alice.password });
    const script = `#!/bin/sh\nread -r server\n[ "$server $1" = "${host} get" ] && echo '${answer}'\n`;
    writeFileSync(join(bin, "docker-credential-test"), script);
    chmodSync(join(bin, "docker-credential-test"), 0o755);
    process.env.PATH = `${bin}:${saved.PATH}`;
    for (const config of [{ credHelpers: { [host]: "test" } }, { credsStore: "test" }]) {
      rmSync(home, { recursive: true, force: true });
      dockerConfig(config);
      assert.equal((await pull(`${host}/team/app:1`)).digest, expected.digest);
    }
    dockerConfig({ credsStore: "../../evil" });
    await assert.rejects(pull(`${host}/team/app:2`), { code: "credentials" });
  });

  it("asks for tokens: for nobody, with a password, with a refresh token", async () => {
    const tokens = await startTokenServer();
    started.push(tokens);
    const { host, push } = await registry({ tokens }, "public/app:1");
    await push(layout, "app", "team/app:1");
    tokens.requests.length = 0;
    assert.equal((await pull(`${host}/public/app:1`)).digest, expected.digest);
    assert.deepEqual(new Set(tokens.requests), new Set(["GET nobody"]));
    await assert.rejects(pull(`${host}/team/app:1`), { code: "unauthorized" });
    dockerConfig(signedIn(host));
    assert.equal((await pull(`${host}/team/app:1`)).digest, expected.digest);
    rmSync(home, { recursive: true });
    dockerConfig({ auths: { [host]: { identitytoken: refreshToken } } });
    assert.equal((await pull(`${host}/team/app:1`)).digest, expected.digest);
    assert.ok(tokens.requests.includes("POST refresh_token"));
    rmSync(home, { recursive: true });
    dockerConfig(signedIn(host, "an old password"));
    assert.equal((await pull(`${host}/public/app:1`)).digest, expected.digest);
  });

  it("asks who pulls until the registry is content, and remembers it with Docker's helper", async () => {
    const tokens = await startTokenServer();
    started.push(tokens);
    for (const variant of [{ passwords: true }, { tokens }]) {
      rmSync(home, { recursive: true, force: true });
      const { host } = await registry(variant);
      const kept = storingHelper();
      const questions: SignInQuestion[] = [];
      const passwords = ["wrong", "s3cret"];
      const image = await pull(`${host}/team/app:1`, {
        onSignIn: async (question) => {
          questions.push(question);
          return { username: alice.name, password: passwords.shift() ?? "", keep: true };
        },
      });
      assert.equal(image.digest, expected.digest);
      assert.deepEqual(
        questions.map(({ isRefusal, isPlain, keeper }) => ({ isRefusal, isPlain, keeper })),
        [false, true].map((isRefusal) => ({ isRefusal, isPlain: true, keeper: "store" })),
      );
      assert.deepEqual(new Set(questions.map((question) => question.host)), new Set([host]));
      assert.match(questions[0]?.reason ?? "", /requires authentication/);
      assert.match(questions[1]?.reason ?? "", /refused the sign-in/);
      assert.doesNotMatch(JSON.stringify(questions), /wrong|s3cret/);
      const { ServerURL, Username, Secret } = JSON.parse(readFileSync(kept, "utf8"));
      assert.deepEqual([ServerURL, Username, Secret], [host, alice.name, alice.password]);
      rmSync(kept);
    }
  });

  it("gives up when nobody answers, and asks once more when a stored password is refused", async () => {
    const { host } = await registry({ passwords: true });
    const name = `${host}/team/app:1`;
    await assert.rejects(pull(name, { onSignIn: async () => undefined }), { code: "unauthorized" });
    dockerConfig(signedIn(host, "an old password"));
    const reasons: string[] = [];
    const onSignIn = async ({ reason }: SignInQuestion) => {
      reasons.push(reason);
      return { username: alice.name, password: alice.password, keep: false };
    };
    assert.equal((await pull(name, { onSignIn })).digest, expected.digest);
    assert.match(reasons.join(), /^[^,]*refused the sign-in[^,]*$/);
  });

  it("says when the helper does not keep a sign-in, and goes on", async () => {
    const { host } = await registry({ passwords: true });
    const kept = storingHelper("echo no space for s3cret; exit 1");
    const notices: string[] = [];
    await pull(`${host}/team/app:1`, {
      onNotice: (text) => notices.push(text),
      onSignIn: async () => ({ username: alice.name, password: alice.password, keep: true }),
    });
    assert.ok(!existsSync(kept));
    assert.deepEqual(notices, ["docker-credential-store does not keep the sign-in"]);
  });

  it("follows blobs to another server without telling it the password", async () => {
    const seen: (string | undefined)[] = [];
    const blobs = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const hex = /[0-9a-f]{64}/.exec(request.url ?? "")?.[0] ?? "";
      response.end(readFileSync(join(layout, "blobs/sha256", hex)));
    });
    const port = await listen(blobs);
    started.push({ stop: () => blobs.close() });
    const { host } = await registry({ passwords: true, blobsAt: `http://127.0.0.1:${port}/` });
    dockerConfig(signedIn(host));
    assert.equal((await pull(`${host}/team/app:1`)).digest, expected.digest);
    assert.ok(seen.length >= 6);
    assert.deepEqual(new Set(seen), new Set([undefined]));
  });

  it("comes from a mirror first, and from the registry when the mirror fails", async () => {
    const mirror = await registry({}, "cache/team/app:1");
    settings(`[registries."images.example"]\nmirrors = ["http://${mirror.host}/cache"]\n`);
    assert.equal((await pull("images.example/team/app:1")).digest, expected.digest);
    const { host } = await registry();
    settings(
      `[registries."${host}"]\nmirrors = ["http://${mirror.host}/nothing", "http://127.0.0.1:1"]\n`,
    );
    rmSync(join(home, ".cache"), { recursive: true });
    assert.equal((await pull(`${host}/team/app:1`)).digest, expected.digest);
  });

  it("needs no registry once it is stored, and falls back to what its tag last was", async () => {
    const { host, stop } = await registry();
    const name = `${host}/team/app:1`;
    const image = await pull(name);
    await stop();
    const previous = { name, digest: image.digest };
    const texts: string[] = [];
    const options = { previous, onProgress: ({ text }: { text: string }) => texts.push(text) };
    assert.deepEqual(await pull(name, options), image);
    assert.deepEqual(texts, []);
    const notices: string[] = [];
    assert.deepEqual(await pull(name, { onNotice: (text) => notices.push(text) }), image);
    assert.match(notices.join(), /could not be looked up .* the stored image is used/);
    await assert.rejects(pull(name, { refresh: true }), { code: "network" });
    // Its digest says what it is, whatever it is called, and so does that of the index.
    const listed = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")).manifests[0].digest;
    for (const digest of [image.digest, listed]) {
      const pinned = await pull(`${host}/another/name@${digest}`);
      assert.equal(pinned.digest, image.digest);
    }
  });
});
