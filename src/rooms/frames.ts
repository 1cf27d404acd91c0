import type * as z from "zod";
import { nestingOf } from "../domain/text.ts";
import {
  type Command,
  commandSchemas,
  ephemeralSchemas,
  type frameFaultCodes,
  helloSchema,
  maximumFrameDepth,
  seenSchema,
} from "./protocol.ts";
import { maximumFrameBytes } from "./wire.ts";

/** What a client may send, read and checked. */
export type ClientFrame =
  | { kind: "hello"; lastSeq: number | null }
  | { kind: "command"; command: Command }
  | { kind: "typing"; isTyping: boolean }
  | { kind: "presence"; status: "active" | "away" }
  | { kind: "seen"; seq: number };

/** Why a frame is none, as a stable word; `clientMessageId` where the frame has one that can be read. */
export type FrameFault = {
  code: (typeof frameFaultCodes)[number];
  message: string;
  clientMessageId: string | null;
  errors: { pointer: string; message: string }[];
};

const maximumErrors = 20;
const encoder = new TextEncoder();

/** Reads a text frame; of one that is too large, nothing. */
export function readFrame(text: string): ClientFrame | FrameFault {
  if (isTooLarge(text)) return fault("frame_too_large", `A frame has at most ${maximumFrameBytes} bytes.`);
  if (nestingOf(text) > maximumFrameDepth) return fault("too_deep", `A frame nests at most ${maximumFrameDepth} deep.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return fault("not_json", "A frame is JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return fault("not_an_object", "A frame is an object with a type.");
  const { type, clientMessageId } = body as Record<string, unknown>;
  const id = typeof clientMessageId === "string" && clientMessageId.length <= 64 ? clientMessageId : null;
  if (!text.isWellFormed() || /\\u(?:0000|d[89a-f])/i.test(text))
    return fault("unkeepable_text", "A text holds the character zero or half a surrogate pair.", id);
  if (typeof type !== "string" || !isFrameType(type))
    return fault(
      "unknown_command",
      `There is no such command${typeof type === "string" ? `: ${type.slice(0, 64)}` : ""}.`,
      id,
    );
  const parsed = frameSchemas[type].safeParse(body);
  if (!parsed.success)
    return {
      ...fault("invalid_fields", "Some fields are wrong.", id),
      errors: parsed.error.issues.slice(0, maximumErrors).flatMap(describeIssue),
    };
  return toFrame(parsed.data);
}

/** Only of a text that could be too large its bytes are counted: a UTF-16 unit has three in UTF-8 at most. */
function isTooLarge(text: string): boolean {
  if (text.length * 3 <= maximumFrameBytes) return false;
  return text.length > maximumFrameBytes || encoder.encode(text).byteLength > maximumFrameBytes;
}

const frameSchemas = { hello: helloSchema, seen: seenSchema, ...ephemeralSchemas, ...commandSchemas };
type FrameType = keyof typeof frameSchemas;

function isFrameType(type: string): type is FrameType {
  return Object.hasOwn(frameSchemas, type);
}

function toFrame(data: z.output<(typeof frameSchemas)[FrameType]>): ClientFrame {
  switch (data.type) {
    case "hello":
      return { kind: "hello", lastSeq: data.lastSeq ?? null };
    case "seen":
      return { kind: "seen", seq: data.seq };
    case "typing":
      return { kind: "typing", isTyping: data.isTyping };
    case "presence.set":
      return { kind: "presence", status: data.status };
    default:
      return { kind: "command", command: data };
  }
}

function describeIssue(issue: z.core.$ZodIssue): FrameFault["errors"] {
  const pointer = issue.path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  if (issue.code === "unrecognized_keys")
    return issue.keys
      .slice(0, maximumErrors)
      .map((key) => ({ pointer: `${pointer}/${key.slice(0, 64)}`, message: "is not known" }));
  return [{ pointer, message: issue.message }];
}

function fault(code: FrameFault["code"], message: string, clientMessageId: string | null = null): FrameFault {
  return { code, message, clientMessageId, errors: [] };
}
