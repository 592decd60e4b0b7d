import assert from "node:assert/strict";
import { test } from "node:test";
import { parseContext, parseCurrentContext } from "#core/oci/docker/context.ts";
import { parseEndpoint } from "#core/oci/docker/endpoint.ts";

const tcp = (hostname: string, port: number, tls = false) => ({
  endpoint: { type: "tcp", hostname, port, tls },
});

test("addresses of daemons are read as Docker's client reads them", () => {
  const cases: [string, object][] = [
    ["unix:///run/a b.sock", { endpoint: { type: "unix", path: "/run/a b.sock" } }],
    ["tcp://host:1234", tcp("host", 1234)],
    ["tcp://host", tcp("host", 2375)],
    ["tcp://10.0.0.1:80/", tcp("10.0.0.1", 80)],
    ["tcp://[::1]:2376", tcp("::1", 2376, true)],
    ["http://host:1", tcp("host", 1)],
    ["https://host", tcp("host", 2376, true)],
    ["host:4243", tcp("host", 4243)],
  ];
  for (const [address, expected] of cases) assert.deepEqual(parseEndpoint(address), expected);
});

test("addresses that lead nowhere are explained", () => {
  const cases: [string, RegExp][] = [
    ["unix://", /no absolute path/],
    ["unix://docker.sock", /no absolute path/],
    ["ssh://me@host", /ssh:\/\/ are not supported/],
    ["npipe:////./pipe/docker_engine", /npipe:\/\/ are not supported/],
    ["tcp://", /is not an address/],
    ["tcp://user@host:1", /is not an address/],
    ["tcp://host:port", /is not an address/],
    ["tcp://host:1/path", /is not an address/],
  ];
  for (const [address, problem] of cases) {
    const result = parseEndpoint(address);
    assert.ok("problem" in result, address);
    assert.match(result.problem, problem);
  }
});

test("contexts are read from Docker's files, and broken ones count as missing", () => {
  assert.equal(parseCurrentContext('{"currentContext":"remote","auths":{}}'), "remote");
  for (const text of ["", "{}", "[]", "no JSON", '{"currentContext":""}']) {
    assert.equal(parseCurrentContext(text), undefined);
  }
  const meta = { Name: "a", Metadata: {}, Endpoints: { docker: { Host: "tcp://h:1" } } };
  const expected = { name: "a", host: "tcp://h:1", skipsVerification: false };
  assert.deepEqual(parseContext(JSON.stringify(meta)), expected);
  for (const text of ["", "{}", '{"Name":"a","Endpoints":{"docker":{}}}']) {
    assert.equal(parseContext(text), undefined);
  }
});
