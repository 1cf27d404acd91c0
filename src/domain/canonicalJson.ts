import canonicalize from "canonicalize";
import { sha256 } from "#sha256";

/** A value as its canonical JSON (RFC 8785): equal values give equal texts, whatever the order of their fields. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("There is no JSON of this value.");
  return text;
}

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
