/** Version of the product, equal to package.json's; the build checks it. */
export const version = "0.1.0";

/** Filled in by the build, which knows the checkout; absent in what runs from the sources. */
declare const AIRLOCK_COMMIT: string | undefined;

/** The version as people report it, with the commit it was built from where that is known. */
export const fullVersion = withCommit(
  typeof AIRLOCK_COMMIT === "string" ? AIRLOCK_COMMIT : undefined,
);

function withCommit(commit: string | undefined): string {
  return commit === undefined ? version : `${version} (${commit})`;
}
