import type { ChangeOutcome } from "../postgres/change.ts";

/** What a conditional write did: it changed the row, or the row was not as the condition asked, or there is none. */
export type Written<Value, Current = { version: number }> =
  | { kind: "written"; value: Value; replayed: boolean }
  | { kind: "refused"; current: Current }
  | { kind: "missing" };

export function settle<Document, Value, Current = { version: number }>(
  outcome: ChangeOutcome<Document>,
  parse: (document: Document) => Value,
): Written<Value, Current> {
  const [document] = outcome.documents;
  if (document !== undefined) return { kind: "written", value: parse(document), replayed: outcome.replayed };
  return outcome.current === null ? { kind: "missing" } : { kind: "refused", current: outcome.current as Current };
}
