// WHATWG interfaces that every JavaScript runtime we run in has, and that `lib: es2023` leaves out.
declare class URL {
  constructor(text: string);
  readonly hostname: string;
}
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}
