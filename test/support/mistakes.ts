// Configurations with something to mend in them: among them, every kind of problem that has a quick fix.
import type { Place } from "./editor.ts";

/** A place with a problem, the fix to choose there, and what the text is like afterwards. */
type Mistake = { at: Place; title: RegExp; result: RegExp };

/** From the last line to the first, so that no fix moves the place of the next one. */
export type Mistaken = { name: string; text: string; content: string; mistakes: Mistake[] };

const toml = `# fixes
presets = ["debain"]
nested_virtualization = true
[vm]
cpu = 1
memory = 4
policy = "deny-always"
[mounts.x]
source = "."
[mask.nothing]
enabled = false
[daemons.web]
command = ["a"]
`;

const json = `{
  "presets": ["debian", "debian"],
  "vm": {
    "cpus": 0,
    "kvm": "yes",
    "zzz": 1,
    "memory": "1 GB",
    "memory": "2 GB"
  },
  "mounts": { "m": { "source": ".", "target": "/m", "missing": "create" } },
  "network": {
    "policy": "deny-by-default",
    "rules": {
      "site": { "allow": ["a.example"], "middleware": [{ "script": "return" }] },
      "no": { "deny": ["b.example", "**.test"] },
      "yes": { "allow": ["b.example", "c.test:443"] },
      "wbe": { "enabled": false }
    }
  }
}
`;

const yaml = `# mistakes
presets:
  - debian
  - of-my-own
vm:
  cpus: 999
mask:
  m:
    paths: a
network:
  ports:
    a:
      guest: [80]
    b:
      guest: [80]
  sockets:
    s:
      host: /a
      guest: /b
  rules:
    - allow: [x.example]
`;

/** What the JSON file's rule has a misspelt name of. */
export const otherRule = '[network.rules.web]\nallow = ["w.example"]\n';

export const mistaken: Mistaken[] = [
  {
    ...{ name: "airlock.toml", text: toml, content: "# fixes" },
    mistakes: [
      // As long as the preset is unknown, it may define what seems to be defined nowhere.
      {
        ...{ at: { line: 2, column: 14 }, title: /Change to.*debian/ },
        result: /^presets = \["debian"\]$/m,
      },
      {
        ...{ at: { line: 10, column: 8 }, title: /Remove/ },
        result: /^source = .*\n(target = ""\n)?\[daemons/m,
      },
      { at: { line: 8, column: 9 }, title: /Add.*target/, result: /^target = ""$/m },
      {
        ...{ at: { line: 7, column: 2 }, title: /Move to.*network\.policy/ },
        result: /^\[network\]\npolicy = "/m,
      },
      { at: { line: 6, column: 10 }, title: /4 GB/, result: /^memory = "4 GB"$/m },
      { at: { line: 5, column: 2 }, title: /Change to.*cpus/, result: /^cpus = 1$/m },
      { at: { line: 3, column: 2 }, title: /Replace by.*vm\.kvm/, result: /^kvm = true$/m },
    ],
  },
  {
    ...{ name: "airlock.json", text: json, content: '"wbe"' },
    mistakes: [
      { at: { line: 17, column: 9 }, title: /Change to.*web/, result: /"web": \{/ },
      { at: { line: 16, column: 40 }, title: /Remove.*allow\[1\]/, result: /\["b\.example"\] \}/ },
      { at: { line: 16, column: 27 }, title: /Remove.*allow\[0\]/, result: /"allow": \[\]/ },
      {
        ...{ at: { line: 14, column: 42 }, title: /Replace by.*middleware\.site/ },
        result: /"site": \{ "allow": \["a\.example"\] \}/,
      },
      { at: { line: 10, column: 65 }, title: /Change to.*create-dir/, result: /"create-dir"/ },
      { at: { line: 8, column: 6 }, title: /Remove the first/, result: /"zzz": 1,\s+"memory": "2/ },
      { at: { line: 6, column: 6 }, title: /Remove.*zzz/, result: /"kvm": "yes",\s+"memory"/ },
      { at: { line: 5, column: 13 }, title: /Change to.*true/, result: /"kvm": true/ },
      { at: { line: 4, column: 13 }, title: /Change to.*1/, result: /"cpus": 1,/ },
      { at: { line: 2, column: 26 }, title: /Remove.*presets/, result: /"presets": \["debian"\]/ },
    ],
  },
  {
    ...{ name: "airlock.yaml", text: yaml, content: "# mistakes" },
    mistakes: [
      { at: { line: 21, column: 7 }, title: /Give each.*a name/, result: /^ {4}rule-1:$/m },
      { at: { line: 19, column: 8 }, title: /Replace by/, result: /^ {6}host: "\/a:\/b"$/m },
      { at: { line: 15, column: 16 }, title: /Switch off/, result: /^ {6}enabled: false$/m },
      { at: { line: 9, column: 12 }, title: /Change to/, result: /^ {4}paths: \[a\]$/m },
      { at: { line: 6, column: 10 }, title: /Change to/, result: /^ {2}cpus: \d{1,2}$/m },
      { at: { line: 4, column: 6 }, title: /Remove/, result: /^ {2}- debian\nvm:$/m },
    ],
  },
];
