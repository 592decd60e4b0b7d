// Taplo's language server, which is a library, as a program that speaks over its standard streams.
import { readFile } from "node:fs/promises";
import taplo, { type RpcMessage } from "@taplo/lsp";
import { StreamMessageReader, StreamMessageWriter } from "vscode-languageserver/node";

const writer = new StreamMessageWriter(process.stdout);
const none = () => Promise.reject(new Error("not here"));
const lsp = await taplo.TaploLsp.initialize(
  {
    ...{ now: () => new Date(), cwd: () => process.cwd(), stdErrAtty: () => false },
    ...{ envVar: () => undefined, envVars: () => [], glob: () => [] },
    ...{ findConfigFile: () => undefined, isAbsolute: (path) => path.startsWith("/") },
    ...{ readFile: (path) => readFile(path), urlToFilePath: (url) => new URL(url).pathname },
    ...{ writeFile: none, stdin: none, stdout: none },
    stderr: (bytes) => Promise.resolve(bytes.length),
  },
  { onMessage: (message) => void writer.write(message as never) },
);
new StreamMessageReader(process.stdin).listen((message) => lsp.send(message as RpcMessage));
