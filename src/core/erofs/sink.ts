/** Where an image goes. Calls never block: the owner awaits its own back-pressure between them. */
export type ErofsSink = {
  /** Appends bytes. They may be reused by the caller after the call. */
  write(bytes: Uint8Array): void;
  /** Appends zeros, if possible as a hole. */
  skip(count: number): void;
  /** Overwrites bytes appended before. */
  patch(offset: number, bytes: Uint8Array): void;
};
