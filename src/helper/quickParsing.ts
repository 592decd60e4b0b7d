import { config } from "zod";

// Zod compiles a function for each schema, which pays for whoever parses often. A start parses each thing once.
config({ jitless: true });
