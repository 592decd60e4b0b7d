import type * as z from "zod";
import { parseMirror } from "../oci/registry/endpoints.ts";
import { checkKeys, removedSettingsKeys } from "./checks/keys.ts";
import { joinPlaces, Locator } from "./checks/locator.ts";
import { validate } from "./checks/validate.ts";
import { sortDiagnostics } from "./diagnostics.ts";
import {
  choice,
  count,
  flag,
  holds,
  list,
  named,
  path,
  size,
  table,
  text,
  textOrList,
} from "./fields/fields.ts";
import { readDocument } from "./formats/document.ts";
import { isTable } from "./formats/tree.ts";
import { formatKeyPath } from "./names/keyPath.ts";
import type { Diagnostic, NotActive } from "./types.ts";

const vault = table({
  storage: choice(["keyring", "encrypted-file", "file", "disabled"])
    .default("keyring")
    .describe(
      "Where secrets are kept: the system's keyring, a file with a passphrase, a plain file, or nowhere.",
    ),
}).describe("The vault of secrets.");

const unsigned16 = 65_535;

const monitor = table({
  buffers: table({
    http: count({ min: 0 }).default(100).describe("How many HTTP requests are kept."),
    tcp: count({ min: 0 }).default(100).describe("How many connections are kept."),
    scrollback: count({ min: 0, max: unsigned16 })
      .default(1000)
      .describe("How many rows of output are kept."),
  })
    .describe("How much the monitor keeps.")
    .prefault({}),
  keys: named(textOrList(list(text())))
    .default({})
    .describe("Keys of the monitor's actions: a key, or a list of keys; an empty list unbinds."),
}).describe("The monitor.");

/** A node id of the image's file system is 32 bits for 32 bytes each. */
const largestImageBytes = 100 * 2 ** 30;
export const defaultImageBytes = 20 * 2 ** 30;

const images = table({
  max_size: size()
    .refine((bytes) => bytes > 0 && bytes <= largestImageBytes, {
      error: "expected a size from 1 B to 100 GB",
    })
    .default(defaultImageBytes)
    .describe("The largest image that is unpacked, such as `20 GB`."),
}).describe("Images.");

const registry = table({
  mirrors: list(
    text().refine((value) => parseMirror(value) !== undefined, {
      error: 'expected a mirror, such as "mirror.example" or "http://10.0.0.1:5000/prefix"',
    }),
  )
    .default([])
    .describe(
      "Servers that are asked first, in order; `http://` before a name means no encryption.",
    ),
  insecure: flag().default(false).describe("Speak plain HTTP with the registry."),
  ca: holds("hostPath", path("a certificate authority"))
    .optional()
    .describe("PEM file with a certificate authority to trust; `~` is your home directory."),
}).describe(
  "How one registry is reached; the entry's name is its host, with a port if it has one.",
);

/** The user settings file, `~/.airlock/settings.<extension>`. */
export const settingsSchema = table({
  vault: vault.prefault({}),
  monitor: monitor.prefault({}),
  images: images.prefault({}),
  registries: named(registry).default({}).describe("Registries by their hosts."),
});

export type Settings = z.output<typeof settingsSchema>;

export type SettingsResult = {
  /** Undefined exactly when there is an error. */
  settings: Settings | undefined;
  diagnostics: Diagnostic[];
  /** What is set for features that this version does not have yet. */
  notActive: NotActive[];
};

/** Sections of which nothing is read yet. */
const inactiveSections = ["vault", "monitor"];

/** Reads the text of a settings file; no file means all defaults. Never throws. */
export function loadSettings(source: { path: string; text: string } | undefined): SettingsResult {
  if (source === undefined) {
    return { settings: settingsSchema.parse({}), diagnostics: [], notActive: [] };
  }
  const document = readDocument({ scope: "user", ...source });
  const locator = new Locator({
    root: document.root ?? {},
    origins: joinPlaces([document.places]),
    presetUses: new Map(),
    fallbackPath: source.path,
  });
  const { value, diagnostics } = validate(settingsSchema, locator);
  // Whoever mends the syntax may mend the rest as well.
  const more = document.isPartial
    ? []
    : [...checkKeys(document, settingsSchema, removedSettingsKeys), ...diagnostics];
  const all = [...document.diagnostics, ...more];
  const isValid = !all.some(({ severity }) => severity === "error");
  return {
    settings: isValid ? value : undefined,
    diagnostics: sortDiagnostics(all, [source.path]),
    notActive: isValid ? findNotActive(locator) : [],
  };
}

function findNotActive(locator: Locator): NotActive[] {
  return inactiveSections.flatMap((section) => {
    const table = locator.nodeAt([section]);
    const keys = isTable(table) ? Object.keys(table) : [];
    return keys.map((key): NotActive => {
      const { path, range, keyRange } = locator.locate([section, key]);
      return { keyPath: formatKeyPath([section, key]), path, range: keyRange ?? range };
    });
  });
}
