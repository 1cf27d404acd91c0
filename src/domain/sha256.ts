import { sha256 as algorithm } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** Longer texts are turned into bytes of their own. */
const scratch = new Uint8Array(16_384);
const encoder = new TextEncoder();
const blank = algorithm.create();
/**
 * One for all, begun anew each time: a room hashes every message, and an object of `node:crypto` for each would leave so much behind
 * that the collector's pauses hold up all rooms of the process.
 */
const hash = algorithm.create();
const digest = new Uint8Array(algorithm.outputLen);

/** SHA-256 of a text's UTF-8, 64 hexadecimal digits; half a surrogate pair counts as U+FFFD. Synchronous, and the same in browsers. */
export function sha256(text: string): string {
  blank._cloneInto(hash);
  hash.update(toBytes(text)).digestInto(digest);
  return bytesToHex(digest);
}

function toBytes(text: string): Uint8Array {
  // A UTF-16 unit has three bytes in UTF-8 at most.
  if (text.length * 3 > scratch.length) return utf8ToBytes(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
