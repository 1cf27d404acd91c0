import { createHash } from "node:crypto";
import { TypeID, typeid } from "typeid-js";
import * as z from "zod";

/** The prefix of each noun's TypeID (https://github.com/jetify-com/typeid), by noun. */
export const idPrefixes = {
  organization: "org",
  member: "mem",
  invitation: "inv",
  apiKey: "key",
  programme: "prog",
  site: "site",
  flow: "flow",
  match: "match",
  event: "evt",
  auditEntry: "aud",
  deadLetter: "dead",
  exchange: "exch",
  webhook: "hook",
  delivery: "dlv",
  offer: "offer",
} as const;

export type Noun = keyof typeof idPrefixes;
/** A TypeID: `<prefix>_` and 26 characters of base32 over a UUID. */
export type Id<N extends Noun> = `${(typeof idPrefixes)[N]}_${string}`;
export type OrganizationId = Id<"organization">;
export type MemberId = Id<"member">;
export type InvitationId = Id<"invitation">;
export type ApiKeyId = Id<"apiKey">;
export type ProgrammeId = Id<"programme">;
export type SiteId = Id<"site">;
export type FlowId = Id<"flow">;
export type MatchId = Id<"match">;
export type AuditEntryId = Id<"auditEntry">;
export type EventId = Id<"event">;
export type DeadLetterId = Id<"deadLetter">;
export type ExchangeId = Id<"exchange">;
export type WebhookId = Id<"webhook">;
export type DeliveryId = Id<"delivery">;

/** A new id over UUIDv7, so that ids sort by the millisecond they were made in. */
export function createId<N extends Noun>(noun: N): Id<N> {
  return typeid(idPrefixes[noun]).toString() as Id<N>;
}

/** The UUID that the database stores for an id. */
export function uuidOf(id: Id<Noun>): string {
  return remember(uuidsById, id, () => formatUuid(TypeID.fromString(id).toUUIDBytes()));
}

/** Any 128 bits, as PostgreSQL takes them: an id that somebody made up need not have a version of RFC 9562. */
function formatUuid(bytes: Uint8Array): string {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The id of a noun for a UUID that the database gave. */
export function idFromUuid<N extends Noun>(noun: N, uuid: string): Id<N> {
  return remember(idsByUuid, `${noun} ${uuid}`, () => TypeID.fromUUID(idPrefixes[noun], uuid).toString()) as Id<N>;
}

/** Base 32 is worked out in 20 µs, and a request turns the same few ids over and over. */
const uuidsById = new Map<string, string>();
const idsByUuid = new Map<string, string>();
const maximumRemembered = 5_000;

function remember(known: Map<string, string>, key: string, compute: () => string): string {
  let value = known.get(key);
  if (value === undefined) {
    value = compute();
    if (known.size >= maximumRemembered) known.clear();
    known.set(key, value);
  }
  return value;
}

export function isId<N extends Noun>(noun: N, text: string): text is Id<N> {
  try {
    TypeID.fromString(text, idPrefixes[noun]);
    return true;
  } catch {
    return false;
  }
}

const nounPhrases: Record<Noun, string> = {
  organization: "an organization",
  member: "a member",
  invitation: "an invitation",
  apiKey: "an API key",
  programme: "a programme",
  site: "a site",
  flow: "a flow",
  match: "a match",
  event: "an event",
  auditEntry: "an audit entry",
  deadLetter: "a dead letter",
  exchange: "an exchange",
  webhook: "a webhook endpoint",
  delivery: "a delivery",
  offer: "an offer",
};

/** A zod schema for the id of one noun; another noun's id is refused by name. */
export function idSchema<N extends Noun>(noun: N) {
  const prefix = idPrefixes[noun];
  return z
    .string()
    .max(64)
    .refine((text) => isId(noun, text), {
      error: `must be the id of ${nounPhrases[noun]}: ${prefix}_...`,
    })
    .meta({
      pattern: `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`,
      example: `${prefix}_01jd7p3v2fe1k9wx5m7t8q4z6c`,
    }) as unknown as z.ZodType<Id<N>, string>;
}

/**
 * The id of a match follows from its two flows for ever: a UUIDv8 (RFC 9562, section 5.8) whose bits are the SHA-256 of
 * the two flows' UUIDs, output first.
 */
export function matchIdOf(outputFlowId: FlowId, inputFlowId: FlowId): MatchId {
  const digest = createHash("sha256")
    .update(TypeID.fromString(outputFlowId).toUUIDBytes())
    .update(TypeID.fromString(inputFlowId).toUUIDBytes())
    .digest();
  return idFromDigest("match", digest);
}

/** An id over UUIDv8 (RFC 9562, section 5.8): the first bits of a digest of at least 16 bytes. */
export function idFromDigest<N extends Noun>(noun: N, digest: Uint8Array): Id<N> {
  const bytes = new Uint8Array(digest.subarray(0, 16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return TypeID.fromUUIDBytes(idPrefixes[noun], bytes).toString() as Id<N>;
}
