/** When the bundle's code began to run: imported first by main.ts, so that activation counts it all. */
export const loadedAtMs = performance.now();
