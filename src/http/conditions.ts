import type { Expectation } from "../domain/change.ts";
import { invalidField } from "../domain/errors.ts";

/** A strong entity tag (RFC 9110, section 8.8.3) of a resource's version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** The version that If-Match asks for, or null for any. */
export function readIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === "*") return null;
  const match = /^"(\d{1,9})"$/.exec(header.trim());
  if (!match)
    throw invalidField("/headers/if-match", "malformed_etag", 'must be one strong ETag that this API gave, as in "3"');
  return Number(match[1]);
}

/** What a PUT expects to find: the version of If-Match, nothing with `If-None-Match: *`, or anything. */
export function readExpectation(ifMatch: string | undefined, ifNoneMatch: string | undefined): Expectation {
  if (ifNoneMatch?.trim() === "*") return "absent";
  const version = readIfMatch(ifMatch);
  return version === null ? null : { version };
}

/** Whether If-None-Match already has this version (weak comparison). */
export function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}
