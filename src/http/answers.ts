import type { Context } from "hono";
import { etagOf } from "./conditions.ts";
import { encodeCursor } from "./cursor.ts";
import type { AppEnvironment } from "./environment.ts";

/** Puts the ETag of a versioned answer, its place when it was just created, and whether it is a repeat's first answer. */
export function describeAnswer(
  c: Context<AppEnvironment>,
  answer: { version: number; location?: string; replayed?: boolean },
): void {
  c.header("etag", etagOf(answer.version));
  if (answer.location !== undefined) c.header("location", answer.location);
  if (answer.replayed) c.header("idempotent-replayed", "true");
}

/** The cursor of the next page, told in the answer's Link header too. */
export function nextCursor(c: Context<AppEnvironment>, list: string, next: string | null): string | null {
  const cursor = encodeCursor(list, next);
  if (cursor !== null) {
    const url = new URL(c.req.url);
    url.searchParams.set("cursor", cursor);
    c.header("link", `<${url.pathname}${url.search}>; rel="next"`);
  }
  return cursor;
}
