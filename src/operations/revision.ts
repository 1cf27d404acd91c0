import { apply } from "json-merge-patch";
import { createPatch, type Operation } from "rfc6902";
import type * as z from "zod";
import { AppError, invalid, notFound, preconditionFailed } from "../domain/errors.ts";
import { fieldErrors, unknownField } from "../domain/fieldErrors.ts";
import type { OrganizationId } from "../domain/ids.ts";
import type { Written } from "../stores/records/written.ts";

/** How often a change without If-Match is tried anew when somebody else's got in between. */
const maximumAttempts = 4;

/** Content after a JSON Merge Patch (RFC 7396), with every rule checked on the result; `invalid` names each wrong field. */
export function mergeContent<Schema extends z.ZodObject>(
  schema: Schema,
  content: unknown,
  patch: object,
): z.output<Schema> {
  const result = schema.safeParse(apply(structuredClone(content), structuredClone(patch)));
  const faults = result.success ? [] : fieldErrors(result.error);
  const named = new Set(faults.map(({ pointer }) => pointer));
  // A null takes its field away, so that the schema never sees a name that only the patch has.
  for (const name of Object.keys(patch)) {
    const fault = unknownField([name]);
    if (!Object.hasOwn(schema.shape, name) && !named.has(fault.pointer)) faults.push(fault);
  }
  if (!result.success || faults.length > 0) throw invalid(faults);
  return result.data;
}

/** JSON Patch from one content to the other, for the audit log. */
export function describeChange(before: unknown, after: unknown): Operation[] {
  return createPatch(before, after);
}

/**
 * Reads, decides and writes on the version that was read. With `ifMatch` a version that has moved on is refused with
 * `precondition_failed`; without it the decision is made again on the newer one.
 */
export async function revise<Value extends { version: number }>(
  noun: string,
  ifMatch: number | null,
  read: () => Promise<Value | null>,
  write: (current: Value) => Promise<Written<Value> | "unchanged">,
): Promise<Value> {
  for (let attempt = 0; attempt < maximumAttempts; attempt++) {
    const current = await read();
    if (!current) throw notFound(noun);
    if (ifMatch !== null && current.version !== ifMatch) throw preconditionFailed(current.version);
    const written = await write(current);
    if (written === "unchanged") return current;
    if (written.kind === "written") return written.value;
    if (written.kind === "missing") throw notFound(noun);
    if (ifMatch !== null) throw preconditionFailed(written.current.version);
  }
  throw new AppError("conflict", "Others keep changing this; try again.", {
    reason: "write_contention",
    retryAfterSeconds: 1,
  });
}

/** A record that the caller may see, but change only when it is its own organization's. */
export function ownRecord<Value extends { organizationId: OrganizationId }>(
  record: Value | null,
  organizationId: OrganizationId,
): Value | null {
  return record?.organizationId === organizationId ? record : null;
}
