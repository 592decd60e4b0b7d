const indexTypes = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

const manifestTypes = new Set([
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
]);

export function isIndexType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && indexTypes.has(mediaType);
}

export function isManifestType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && manifestTypes.has(mediaType);
}

/** Docker's first manifest format, given up by registries years ago. */
export function isSchema1Type(mediaType: string | undefined): boolean {
  return mediaType?.startsWith("application/vnd.docker.distribution.manifest.v1+") ?? false;
}

/** What a request for a manifest has to accept: servers answer 404 for a type that is not asked for. */
export const acceptedManifests: string = [...manifestTypes, ...indexTypes].join(", ");
