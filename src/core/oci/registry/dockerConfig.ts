import * as z from "zod";
import { defaultRegistry, registryHost } from "./endpoints.ts";

const entry = z.looseObject({
  /** Base64 of `user:password`. */
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
});

/** The parts of Docker's `config.json` that say how to sign in. */
export const dockerConfigSchema = z.looseObject({
  auths: z.record(z.string(), entry).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

export type DockerConfig = z.infer<typeof dockerConfigSchema>;
export type DockerAuth = z.infer<typeof entry>;

/** Where credentials for a registry may be, best first. */
export type CredentialPlace =
  | { readonly kind: "helper"; readonly helper: string; readonly server: string }
  | { readonly kind: "entry"; readonly entry: DockerAuth };

/** As Docker does: the registry's own helper, then the store of all, then the file itself. */
export function credentialPlaces(config: DockerConfig, registry: string): CredentialPlace[] {
  const names = serverNames(registry);
  const helperName = names.find((name) => config.credHelpers?.[name]);
  const helper = helperName === undefined ? undefined : config.credHelpers?.[helperName];
  const entries = Object.entries(config.auths ?? {});
  const key =
    names.find((name) => config.auths?.[name] !== undefined) ??
    entries.map(([name]) => name).find((name) => names.includes(bareHost(name)));
  const found = key === undefined ? undefined : config.auths?.[key];
  const places: CredentialPlace[] = [];
  if (helper !== undefined && helperName !== undefined) {
    places.push({ kind: "helper", helper, server: helperName });
  } else if (config.credsStore) {
    places.push({ kind: "helper", helper: config.credsStore, server: key ?? names[0] ?? registry });
  }
  if (found !== undefined) places.push({ kind: "entry", entry: found });
  return places;
}

/** Programs are found by this name only, so it must not be a path. */
export function isHelperName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,63}$/.test(name);
}

/** The names under which sign-ins to a registry are filed; the default one has a historic name. */
function serverNames(registry: string): string[] {
  const host = registryHost(registry);
  if (host !== registryHost(defaultRegistry)) return [host];
  return [`https://${host}/v1/`, host, defaultRegistry];
}

function bareHost(name: string): string {
  return name.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}
