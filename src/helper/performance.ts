/**
 * The global of this name, for the bundles (scripts/build.ts): as an import, it is among the modules of Node that
 * are loaded with the code they come with (`compilers.ts`).
 */
export { performance } from "node:perf_hooks";
