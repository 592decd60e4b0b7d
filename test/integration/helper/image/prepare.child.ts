// Prepares an image in a process of its own and prints its largest memory: node <bundle> <name> <resolution>
import { prepareImage } from "#helper/image/prepare.ts";
import { largestMemoryMb } from "#test/support/largestMemory.ts";

const [name = "", resolution = ""] = process.argv.slice(2);
let outcome = "image";
try {
  await prepareImage({
    name,
    resolution: resolution === "docker" ? "docker" : "registry",
    insecure: true,
    projectDir: process.cwd(),
  });
} catch (error) {
  outcome = error instanceof Error ? error.message : String(error);
}
console.log(JSON.stringify({ maxRssMb: largestMemoryMb(), outcome }));
