import { availableParallelism, totalmem } from "node:os";
import type { HostFacts } from "#core/config/types.ts";

export function hostFacts(): HostFacts {
  return {
    platform: process.platform,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    hasVariable: (name) => Object.hasOwn(process.env, name),
  };
}
