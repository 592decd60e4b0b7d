import { type ByteString, printable } from "../../erofs/byteString.ts";
import { badLayer } from "../errors.ts";

const maxPathBytes = 4096;
const maxNameBytes = 255;
const whiteoutPrefix = ".wh.";
const metaPrefix = ".wh..wh.";
const opaqueMarker = ".wh..wh..opq";

/** What a layer's entry asks for, read from its name. */
export type EntryRole =
  | { readonly type: "content"; readonly parents: readonly ByteString[]; readonly name: ByteString }
  | {
      readonly type: "whiteout";
      readonly parents: readonly ByteString[];
      readonly name: ByteString;
    }
  | { readonly type: "opaque"; readonly directory: readonly ByteString[] }
  | { readonly type: "root" }
  /** Book-keeping of the aufs file system, which is no part of the image. */
  | { readonly type: "ignored" };

/**
 * The components of a path inside the image. `..` is resolved by name alone and never leaves the
 * root; leading slashes and dots mean nothing, as in every tool that unpacks layers.
 */
export function pathComponents(path: ByteString): ByteString[] {
  if (path.length > maxPathBytes) {
    throw badLayer(`the path "${printable(path)}" is too long (${path.length} bytes)`);
  }
  const components: ByteString[] = [];
  for (const component of path.split("/")) {
    if (component === "" || component === ".") continue;
    if (component === "..") {
      if (components.pop() === undefined) {
        throw badLayer(`the path "${printable(path)}" leads out of the image`);
      }
    } else if (component.length > maxNameBytes) {
      throw badLayer(`the file name "${printable(component)}" is too long`);
    } else components.push(component);
  }
  return components;
}

export function entryRole(components: readonly ByteString[], path: ByteString): EntryRole {
  const name = components.at(-1);
  if (name === undefined) return { type: "root" };
  const parents = components.slice(0, -1);
  if (parents.some((parent) => parent.startsWith(metaPrefix))) return { type: "ignored" };
  if (name === opaqueMarker) return { type: "opaque", directory: parents };
  if (name.startsWith(metaPrefix)) return { type: "ignored" };
  if (!name.startsWith(whiteoutPrefix)) return { type: "content", parents, name };
  const hidden = name.slice(whiteoutPrefix.length);
  if (hidden === "" || hidden === "." || hidden === "..") {
    throw badLayer(`the whiteout "${printable(path)}" names no file`);
  }
  return { type: "whiteout", parents, name: hidden };
}
