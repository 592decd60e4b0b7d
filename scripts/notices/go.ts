// Finds the Go modules that are compiled into the guest agent, with their licence texts.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Notice } from "./notice.ts";

type GoModule = { Path: string; Version: string; Dir: string };

/** One notice for Go itself and for each module that the agent is made of. */
export function goNotices(guestDir: string): Notice[] {
  const go = (...args: string[]): string =>
    execFileSync("go", args, {
      cwd: guestDir,
      encoding: "utf8",
      env: { ...process.env, GOOS: "linux", CGO_ENABLED: "0" },
      maxBuffer: 1 << 26,
    });
  const format = "{{with .Module}}{{if .Version}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}";
  const lines = new Set(
    go("list", "-deps", "-f", format, "./cmd/agent").split("\n").filter(Boolean),
  );
  const modules = [...lines].map((line): GoModule => {
    const [Path = "", Version = "", Dir = ""] = line.split("\t");
    return { Path, Version, Dir };
  });
  const goRoot = go("env", "GOROOT").trim();
  const goVersion = go("env", "GOVERSION").trim().replace(/^go/, "");
  return [
    notice({ Path: "Go standard library", Version: goVersion, Dir: goRoot }),
    ...modules.sort((a, b) => a.Path.localeCompare(b.Path, "en")).map(notice),
  ];
}

function notice({ Path, Version, Dir }: GoModule): Notice {
  const files = readdirSync(Dir).filter((name) =>
    /^(licen[cs]e|copying|notice|patents)/i.test(name),
  );
  if (files.length === 0) throw new Error(`the Go module ${Path} has no licence file`);
  const text = files.map((name) => readFileSync(join(Dir, name), "utf8")).join("\n");
  return { name: Path, version: Version, licence: licenceName(text), text };
}

/** A short name for the licences that Go modules commonly have. */
function licenceName(text: string): string {
  if (/Apache License/.test(text)) return "Apache-2.0";
  if (/Redistribution and use in source and binary forms/.test(text)) return "BSD-3-Clause";
  return /Permission is hereby granted, free of charge/.test(text) ? "MIT" : "see the text";
}
