import { badReference } from "./errors.ts";

/** Where an image comes from, as `vm.image` names it. */
export type ImageReference =
  | { readonly source: "embedded"; readonly name: string }
  | {
      readonly source: "oci";
      /** As written: may be relative to the project or start with `~/`. */
      readonly directory: string;
      readonly tag: string | undefined;
      readonly digest: string | undefined;
    }
  | (ArchiveReference & { readonly source: "archive" })
  | { readonly source: "named"; readonly name: NamedReference };

/** An image in a file. */
export type ArchiveReference = {
  readonly transport: "oci-archive" | "docker-archive";
  /** As written, like a directory. */
  readonly path: string;
  /** A tag of an OCI layout; a whole name, or `@` and a number, in an archive of `docker save`. */
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

/** An image of a registry or a Docker daemon. */
export type NamedReference = {
  /** Host and perhaps port, `docker.io` when none is written. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

const transport = /^(embedded|oci-archive|oci|docker-archive|docker-daemon|dir|docker):/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const hostPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const maxRepositoryBytes = 255;

/** Parses `vm.image.name`: `[registry/]repository[:tag][@digest]` or `transport:rest`. */
export function parseReference(text: string): ImageReference {
  const match = transport.exec(text);
  const rest = text.slice(match?.[0].length ?? 0);
  switch (match?.[1]) {
    case "embedded":
      if (!/^[a-z0-9][a-z0-9-]*$/.test(rest)) throw badReference(text, "embedded: needs a name");
      return { source: "embedded", name: rest };
    case "oci":
      return { source: "oci", ...parseLayout(text, rest, "oci: needs a directory") };
    case "oci-archive": {
      const place = parseLayout(text, rest, "oci-archive: needs a file");
      const { directory: path, tag, digest } = place;
      return { source: "archive", transport: "oci-archive", path, tag, digest };
    }
    case "docker-archive":
      return parseDockerArchive(text, rest);
    case "docker-daemon":
      throw badReference(text, 'write the name alone, with vm.image.resolution = "docker"');
    case "dir":
      throw badReference(text, "directories have to be OCI image layouts (oci:<dir>)");
    case "docker":
      // A registry reference in other tools' spelling, unless it is an image called "docker".
      if (rest.startsWith("//")) return named(text, rest.slice(2));
      return named(text, text);
    default:
      return named(text, text);
  }
}

/** The name in full: `docker.io/library/alpine:3`. */
export function formatNamed({ registry, repository, tag, digest }: NamedReference): string {
  const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  return `${registry}/${repository}${suffix}`;
}

function parseLayout(text: string, rest: string, missing: string) {
  const { head, digest } = splitDigest(text, rest);
  // A colon belongs to the tag only after the last slash, so that paths may have colons.
  const colon = head.lastIndexOf(":");
  const isTag = colon > head.lastIndexOf("/") && tagPattern.test(head.slice(colon + 1));
  const directory = isTag ? head.slice(0, colon) : head;
  if (directory === "") throw badReference(text, missing);
  if (directory.includes("\0")) throw badReference(text, "the path contains a zero byte");
  return { directory, tag: isTag ? head.slice(colon + 1) : undefined, digest };
}

// The name has colons of its own, so that here the path ends at the first one.
function parseDockerArchive(text: string, rest: string): ImageReference {
  const colon = rest.indexOf(":");
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (path === "") throw badReference(text, "docker-archive: needs a file");
  if (path.includes("\0")) throw badReference(text, "the path contains a zero byte");
  if (tag === "") throw badReference(text, "the name after the colon is missing");
  return { source: "archive", transport: "docker-archive", path, tag, digest: undefined };
}

function named(text: string, body: string): ImageReference {
  const { head, digest } = splitDigest(text, body);
  const { registry, path } = splitRegistry(head);
  const colon = path.lastIndexOf(":");
  const tag = colon < 0 ? undefined : path.slice(colon + 1);
  const repository = withLibrary(registry, colon < 0 ? path : path.slice(0, colon));
  if (tag !== undefined && !tagPattern.test(tag)) throw badReference(text, `bad tag "${tag}"`);
  if (!hostPattern.test(registry)) throw badReference(text, `bad registry "${registry}"`);
  if (!repository.split("/").every((part) => componentPattern.test(part))) {
    const reason = /[A-Z]/.test(repository) ? "the name must be lower case" : "bad name";
    throw badReference(text, reason);
  }
  if (repository.length > maxRepositoryBytes) throw badReference(text, "the name is too long");
  const implied = tag === undefined && digest === undefined ? "latest" : tag;
  return { source: "named", name: { registry, repository, tag: implied, digest } };
}

function splitDigest(text: string, body: string): { head: string; digest: string | undefined } {
  const at = body.lastIndexOf("@");
  if (at < 0) return { head: body, digest: undefined };
  const digest = body.slice(at + 1);
  if (digestPattern.test(digest)) return { head: body.slice(0, at), digest: digest.toLowerCase() };
  // "@" may also be part of a directory's name.
  if (digest.includes("/") || !digest.includes(":")) return { head: body, digest: undefined };
  throw badReference(text, `bad digest "${digest}"`);
}

// As Docker does: the first part is a registry when it looks like a host.
function splitRegistry(head: string): { registry: string; path: string } {
  const slash = head.indexOf("/");
  const first = head.slice(0, Math.max(slash, 0));
  const isHost = first.includes(".") || first.includes(":") || first === "localhost";
  const looksLikeHost = isHost || /[A-Z]/.test(first);
  if (!looksLikeHost) return { registry: "docker.io", path: head };
  const registry = first === "index.docker.io" ? "docker.io" : first;
  return { registry, path: head.slice(slash + 1) };
}

function withLibrary(registry: string, repository: string): string {
  return registry === "docker.io" && !repository.includes("/")
    ? `library/${repository}`
    : repository;
}
