import type * as z from "zod";
import type { FieldError } from "./errors.ts";

type Issue = z.core.$ZodIssue;

/** Every wrong field of a failed parse, each once, with a JSON pointer below `prefix`. */
export function fieldErrors(error: { issues: readonly Issue[] }, prefix = ""): FieldError[] {
  const fields = error.issues.flatMap((issue): FieldError[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField([...issue.path, key], prefix));
    return [{ pointer: prefix + toPointer(issue.path), code: codeOf(issue), message: issue.message }];
  });
  const seen = new Set<string>();
  return fields.filter((field) => {
    const key = `${field.pointer} ${field.message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

export function unknownField(path: readonly PropertyKey[], prefix = ""): FieldError {
  return { pointer: prefix + toPointer(path), code: "unknown_field", message: "is not a field here" };
}

function codeOf(issue: Issue): string {
  if (issue.code !== "custom") return issue.code;
  const code: unknown = issue.params?.code;
  return typeof code === "string" ? code : "invalid_value";
}

/** RFC 6901. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
