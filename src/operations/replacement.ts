import type { Expectation } from "../domain/change.ts";
import { AppError, invalidField, preconditionFailed } from "../domain/errors.ts";

/** What a PUT by externalId came to: a refusal is either a version that has moved on, or content that was there already. */
export function settlePut<Value>(
  written:
    | { kind: "written"; value: { record: Value; created: boolean } }
    | { kind: "refused"; current: { version: number; record: Value } }
    | { kind: "missing" },
  expectation: Expectation,
  noun: string,
): { record: Value; created: boolean } {
  if (written.kind === "written") return written.value;
  if (written.kind === "missing") throw conditionFailed(noun);
  const { version, record } = written.current;
  if (expectation === "absent" || (expectation !== null && expectation.version !== version))
    throw preconditionFailed(version);
  return { record, created: false };
}

/** If-Match asks for a version of something that is not there. */
function conditionFailed(noun: string): AppError {
  return new AppError("precondition_failed", `There is no such ${noun} to replace.`, { reason: "nothing_to_replace" });
}

/** The externalId of a PUT stands in its path; a body that names another is a slip of the caller's. */
export function assertSameExternalId(inPath: string, inBody: string | null): void {
  if (inBody !== null && inBody !== inPath)
    throw invalidField("/externalId", "external_id_mismatch", `must be the one in the path, ${inPath}`);
}
