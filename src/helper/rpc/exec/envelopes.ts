// How Connect puts messages one after the other into a stream: a byte of flags, the length, the message.
// https://connectrpc.com/docs/protocol#streaming-request

const headerBytes = 5;
const compressedFlag = 1;
/** Marks the last message of an answer, which is JSON. */
export const lastFlag = 2;

export type Envelope = { last: boolean; message: Buffer };

export function envelope(message: Uint8Array, flags = 0): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + message.length);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, headerBytes);
  return bytes;
}

/** Splits what arrives into its envelopes, none of which may be longer than `longestBytes`. */
export async function* envelopes(
  chunks: AsyncIterable<Buffer>,
  longestBytes: number,
): AsyncGenerator<Envelope> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let wantedBytes = headerBytes;
  for await (const chunk of chunks) {
    held.push(chunk);
    heldBytes += chunk.length;
    // Joined only when there is something to take: a long message comes in many pieces.
    if (heldBytes < wantedBytes) continue;
    let rest = held.length === 1 ? chunk : Buffer.concat(held);
    for (;;) {
      wantedBytes = lengthOf(rest, longestBytes);
      if (rest.length < wantedBytes) break;
      yield open(rest.subarray(0, wantedBytes));
      rest = rest.subarray(wantedBytes);
    }
    held = rest.length === 0 ? [] : [rest];
    heldBytes = rest.length;
  }
  if (heldBytes > 0) throw new RangeError("The stream ended within a message.");
}

/** Length of the first envelope with its header, of the header alone while that is not all here. */
function lengthOf(bytes: Buffer, longestBytes: number): number {
  if (bytes.length < headerBytes) return headerBytes;
  const length = bytes.readUInt32BE(1);
  if (length > longestBytes) throw new RangeError(`A message of ${length} bytes is too long.`);
  return headerBytes + length;
}

function open(bytes: Buffer): Envelope {
  const flags = bytes.readUInt8(0);
  if ((flags & compressedFlag) !== 0) throw new RangeError("A message is compressed.");
  return { last: (flags & lastFlag) !== 0, message: bytes.subarray(headerBytes) };
}
