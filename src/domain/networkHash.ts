import { createHash } from "node:crypto";
import type { NetworkRecord } from "./network.ts";

const hexDigits = 10;

/**
 * A number of 40 bits that stands for all that a record says: the first of the SHA-256 of its fields by name. Some millions of
 * them add up without leaving the integers of any database, and the sum does not depend on their order.
 */
export function hashRecord(record: NetworkRecord): number {
  const digest = createHash("sha256")
    .update(JSON.stringify(inOrder(record)))
    .digest("hex");
  return Number.parseInt(digest.slice(0, hexDigits), 16);
}

/** As text of fixed length. */
export function hashText(hash: number): string {
  return hash.toString(16).padStart(hexDigits, "0");
}

/** Objects with their keys in order, and sets of ids too: they come in any. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value))
    return value.every((item) => typeof item === "string") ? [...value].sort() : value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, item]) => [key, inOrder(item)]);
}
