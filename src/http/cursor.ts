import * as z from "zod";
import { invalidField } from "../domain/errors.ts";

const cursorSchema = z.strictObject({ list: z.string(), after: z.uuid() });

/** An opaque place in one list, below the row it names; inserts do not move it. */
export function encodeCursor(list: string, after: string | null): string | null {
  return after === null
    ? null
    : btoa(JSON.stringify({ list, after })).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The UUID to continue below. A cursor that is damaged or of another list is refused. */
export function decodeCursor(list: string, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const decoded = cursorSchema.safeParse(parse(cursor));
  if (!decoded.success) throw invalidField("/query/cursor", "malformed_cursor", "is not a cursor that this API gave");
  if (decoded.data.list !== list) throw invalidField("/query/cursor", "foreign_cursor", "is a cursor of another list");
  return decoded.data.after;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}
