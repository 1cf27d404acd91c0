import { createHmac } from "node:crypto";
import type { OrganizationId } from "../../domain/ids.ts";

/** Pseudonyms are asked for in lists of two hundred, mostly the same few. */
const known = new Map<string, string>();
const maximumKnown = 10_000;
const length = 16;

/**
 * The name by which `viewer` knows `organization` until both consent: `anon_` and 16 hexadecimal digits of an HMAC-SHA-256
 * under the pepper. The same for all flows of one organization, and another for every viewer, so that two of them cannot
 * compare what they see.
 */
export function computePseudonym(pepper: string, viewer: OrganizationId, organization: OrganizationId): string {
  const pair = `pseudonym\n${viewer}\n${organization}`;
  let name = known.get(pair);
  if (name === undefined) {
    name = `anon_${createHmac("sha256", pepper).update(pair).digest("hex").slice(0, length)}`;
    if (known.size >= maximumKnown) known.clear();
    known.set(pair, name);
  }
  return name;
}
