import canonicalize from "canonicalize";
import { sha256 } from "./sha256.ts";

/** A value as its canonical JSON (RFC 8785): equal values give equal texts, whatever the order of their fields. */
export function canonicalJson(value: unknown): string {
  // JSON.stringify writes numbers and texts as RFC 8785 does, and many times faster: only order is not its own.
  if (isInOrder(value)) return JSON.stringify(value);
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("There is no JSON of this value.");
  return text;
}

/** Whether a value is of nothing but what JSON has, with the fields of each object in the order of their UTF-16 units. */
function isInOrder(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return typeof value === "boolean";
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  let last: string | null = null;
  for (const name in value) {
    if (last !== null && name <= last) return false;
    if (!name.isWellFormed() || !isInOrder((value as Record<string, unknown>)[name])) return false;
    last = name;
  }
  return true;
}

/** SHA-256 of the canonical JSON, 64 hexadecimal digits. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
