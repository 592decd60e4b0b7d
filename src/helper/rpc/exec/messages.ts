// The messages of one call, AgentService/Exec of proto/airlock/agent/v1/agent.proto, written and read without
// their descriptors: making those takes longer than a whole `airlock exec true` may. A test compares
// every message with what the generated code makes of it.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { ExecRequestSchema } from "#shared/generated/airlock/agent/v1/agent_pb.js";

export type ExecRequestInit = MessageInitShape<typeof ExecRequestSchema>;

/** What the guest says about a process. */
export type ExecEvent =
  | { case: "started"; pid: number }
  | { case: "stdout"; bytes: Uint8Array }
  | { case: "stderr"; bytes: Uint8Array }
  | { case: "exited"; code: number; signal: number };

type Request = Exclude<NonNullable<ExecRequestInit["request"]>, { case?: undefined }>;
type Start = Extract<Request, { case: "start" }>["value"];
type Size = Extract<Request, { case: "resize" }>["value"];

export function encodeRequest({ request }: ExecRequestInit): Uint8Array {
  const writer = new BinaryWriter();
  if (request?.case === undefined) return writer.finish();
  switch (request.case) {
    case "start":
      return message(writer, 1, (nested) => writeStart(nested, request.value)).finish();
    case "stdin":
      return writer.tag(2, WireType.LengthDelimited).bytes(request.value).finish();
    case "stdinEnd":
      return message(writer, 3, () => undefined).finish();
    case "resize":
      return message(writer, 4, (nested) => writeSize(nested, request.value)).finish();
    case "signal":
      return writer.tag(5, WireType.Varint).uint32(request.value).finish();
  }
}

function writeStart(writer: BinaryWriter, start: Start): void {
  const { argv = [], env = [], cwd = "", terminal, login = false } = start;
  for (const word of argv) writer.tag(1, WireType.LengthDelimited).string(word);
  for (const entry of env) writer.tag(2, WireType.LengthDelimited).string(entry);
  if (cwd !== "") writer.tag(3, WireType.LengthDelimited).string(cwd);
  if (terminal !== undefined) message(writer, 4, (nested) => writeSize(nested, terminal));
  if (login) writer.tag(5, WireType.Varint).bool(login);
}

function writeSize(writer: BinaryWriter, { rows = 0, columns = 0 }: Size): void {
  if (rows !== 0) writer.tag(1, WireType.Varint).uint32(rows);
  if (columns !== 0) writer.tag(2, WireType.Varint).uint32(columns);
}

function message(
  writer: BinaryWriter,
  field: number,
  write: (writer: BinaryWriter) => void,
): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  return writer.join();
}

/** Undefined for a message of a newer guest that says nothing we know. Throws on bytes that are none. */
export function decodeResponse(bytes: Uint8Array): ExecEvent | undefined {
  const reader = new BinaryReader(bytes);
  let event: ExecEvent | undefined;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field < 1 || field > 4 || type !== WireType.LengthDelimited) {
      reader.skip(type, field);
      continue;
    }
    const value = reader.bytes();
    if (field === 1) event = { case: "started", pid: numbers(value)[1] ?? 0 };
    else if (field === 2) event = { case: "stdout", bytes: value };
    else if (field === 3) event = { case: "stderr", bytes: value };
    else event = exited(numbers(value));
  }
  return event;
}

function exited({ 1: code = 0, 2: signal = 0 }: Record<number, number>): ExecEvent {
  return { case: "exited", code, signal };
}

/** The fields of a message that has nothing but numbers. */
function numbers(bytes: Uint8Array): Record<number, number> {
  const reader = new BinaryReader(bytes);
  const fields: Record<number, number> = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (type === WireType.Varint) fields[field] = reader.uint32();
    else reader.skip(type, field);
  }
  return fields;
}
