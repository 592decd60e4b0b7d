import { performance as clock } from "node:perf_hooks";

/**
 * What the bundles use of the global of this name (scripts/build.ts): as an import, it is among the modules of Node
 * that are loaded with the code they come with (`compilers.ts`).
 */
export const performance = { now: (): number => clock.now() };
