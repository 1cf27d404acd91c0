import { createMiddleware } from "hono/factory";
import { AppError, type FieldError, invalid, invalidField } from "../../domain/errors.ts";
import { toPointer } from "../../domain/fieldErrors.ts";
import { isKeepable, nestingOf } from "../../domain/text.ts";
import type { AppEnvironment } from "../environment.ts";

export const maximumBodyBytes = 1_000_000;
export const maximumNesting = 20;

/** Escapes by which JSON can name what PostgreSQL cannot keep: the character zero, and halves of surrogate pairs. */
const unkeepableEscape = /\\u(?:0000|d[89a-f])/i;

const mediaTypes: Record<string, readonly string[]> = { PATCH: ["application/merge-patch+json", "application/json"] };

/**
 * Reads a body once, bounded in time, bytes and depth before anything parses it, and refuses what is not JSON at the place
 * where it stops being so.
 */
export const jsonBody = createMiddleware<AppEnvironment>(async (c, next) => {
  const { method, body } = c.req.raw;
  if (method === "GET" || method === "HEAD" || method === "DELETE") return next();
  const accepted = mediaTypes[method] ?? ["application/json"];
  const mediaType = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const text =
    body === null ? "" : await readBounded(body, c.req.header("content-length"), c.var.context.deadline.signal);
  if (text === "" && method === "PATCH")
    throw invalidField("", "missing_body", "the change is missing: send a JSON object");
  if (text !== "") {
    if (!accepted.includes(mediaType))
      throw new AppError("invalid", `Send ${accepted[0]}, not ${mediaType || "a body without a Content-Type"}.`, {
        reason: "unsupported_media_type",
      });
    if (nestingOf(text) > maximumNesting)
      throw invalidField(await pointerAtDepth(text), "too_deep", `nesting is deeper than ${maximumNesting}`);
    await assertJson(text);
    if (unkeepableEscape.test(text)) assertKeepable(JSON.parse(text));
  }
  // Validators parse `application/json` and the like only, so a merge patch goes on under its own name.
  c.req.raw = new Request(c.req.raw, { body: text === "" ? null : text });
  return next();
});

async function readBounded(
  body: ReadableStream<Uint8Array>,
  contentLength: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const tooLarge = () =>
    new AppError("invalid", `The body is larger than ${maximumBodyBytes} bytes.`, {
      reason: "body_too_large",
      fields: [{ pointer: "", code: "body_too_large", message: `at most ${maximumBodyBytes} bytes` }],
    });
  if (Number(contentLength ?? 0) > maximumBodyBytes) {
    await body.cancel();
    throw tooLarge();
  }
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  const reader = body.getReader();
  let size = 0;
  let text = "";
  const late = rejectAt(signal);
  const readNext = () => Promise.race([reader.read(), late]);
  try {
    for (let chunk = await readNext(); !chunk.done; chunk = await readNext()) {
      size += chunk.value.byteLength;
      if (size > maximumBodyBytes) {
        await reader.cancel();
        throw tooLarge();
      }
      text += decoder.decode(chunk.value, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw invalidField("", "malformed_utf8", "the body is not UTF-8");
    throw error;
  }
}

/** Never settles before the deadline, so that a sender who stops in the middle of a body is not waited for. */
export function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => reject(new AppError("deadline_exceeded", "The body did not come in time."));
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true });
  });
}

async function assertJson(text: string): Promise<void> {
  try {
    JSON.parse(text);
  } catch {
    const { getLocation, parseTree } = await import("jsonc-parser");
    const errors: { error: number; offset: number; length: number }[] = [];
    parseTree(text, errors, { disallowComments: true });
    const offset = errors[0]?.offset ?? text.length;
    throw invalidField(
      toPointer(getLocation(text, offset).path),
      "malformed_json",
      `is not JSON at character ${offset + 1}${tokenAt(text, offset)}`,
    );
  }
}

/** Names every text, and every name of a field, that no database column could hold. */
function assertKeepable(body: unknown): void {
  const faults: FieldError[] = [];
  const visit = (value: unknown, path: readonly PropertyKey[]) => {
    if (typeof value === "string" ? !isKeepable(value) : path.some((name) => !isKeepable(String(name))))
      faults.push({
        pointer: toPointer(path).toWellFormed(),
        code: "unsupported_character",
        message: "has the character zero or half a surrogate pair",
      });
    else if (value !== null && typeof value === "object")
      for (const [name, part] of Object.entries(value)) visit(part, [...path, name]);
  };
  visit(body, []);
  if (faults.length > 0) throw invalid(faults);
}

function tokenAt(text: string, offset: number): string {
  const token = /^-?[A-Za-z]{1,20}/.exec(text.slice(offset, offset + 21))?.[0];
  return token ? `: ${token}` : "";
}

/** The top-level member in which a body goes too deep. */
async function pointerAtDepth(text: string): Promise<string> {
  const { createScanner } = await import("jsonc-parser");
  const scanner = createScanner(text, true);
  let depth = 0;
  let member = "";
  for (let token = scanner.scan(); token !== 17; token = scanner.scan()) {
    if (token === 1 || token === 3) depth++;
    if (token === 2 || token === 4) depth--;
    if (depth === 1 && token === 10) member = scanner.getTokenValue();
    if (depth > maximumNesting) break;
  }
  return member === "" ? "" : toPointer([member]);
}
