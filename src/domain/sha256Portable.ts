import { sha256 as digest } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** The same where there is no `node:crypto`, as in browsers: in JavaScript alone, some ten times slower. */
export function sha256(text: string): string {
  return bytesToHex(digest(utf8ToBytes(text)));
}
