import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { offerTermsSchema, termNames, validUntilSchema } from "../domain/offer.ts";

/** A frame is text, JSON, and at most this long in UTF-8. */
export const maximumFrameBytes = 65_536;
/** How deep a frame's objects and arrays may go. */
export const maximumFrameDepth = 12;

export const hashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
  .meta({ description: "SHA-256 of the offer's canonical JSON (RFC 8785)", example: "9f".repeat(32) });

/** Remembered for each member for as long as the room is: the answer to a repeat is the first answer. */
const clientMessageIdSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/, "printable ASCII without spaces")
  .meta({ description: "the client's own, unique among the member's", example: "3f1c6a0e" });

const seqSchema = z.int().nonnegative().meta({ description: "number of an event; 0 is before the first" });

function command<Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) {
  return z.strictObject({ type: z.literal(type), clientMessageId: clientMessageIdSchema, ...shape });
}

const offered = { terms: offerTermsSchema, validUntil: validUntilSchema };
const reasonSchema = z.string().min(1).max(1_000);

/** What a participant can do: each is answered with `ack` or `error`, and what it leads to is kept. */
export const commandSchemas = {
  "chat.send": command("chat.send", { text: z.string().min(1).max(4_000) }),
  "offer.propose": command("offer.propose", offered),
  "offer.counter": command("offer.counter", { hash: hashSchema, ...offered }),
  "offer.suggest": command("offer.suggest", { terms: offerTermsSchema }),
  "offer.accept": command("offer.accept", { hash: hashSchema }),
  "offer.reject": command("offer.reject", { hash: hashSchema, reason: reasonSchema.nullable().default(null) }),
  "offer.retract": command("offer.retract", { hash: hashSchema }),
  "terms.lock": command("terms.lock", {
    term: z.enum(termNames),
    hash: hashSchema.nullable().meta({ description: "the offer whose value of the term is locked; null unlocks it" }),
  }),
  "read.mark": command("read.mark", { seq: seqSchema }),
  "document.attach": command("document.attach", {
    documentId: hashSchema.meta({ description: "SHA-256 of the document, as its upload answered it" }),
  }),
  "member.invite": command("member.invite", {
    memberId: idSchema("member").nullable().default(null),
    organizationId: idSchema("organization").nullable().default(null),
  }),
  "member.remove": command("member.remove", { participantId: z.string().min(1).max(64) }),
  "room.close": command("room.close", { reason: reasonSchema }),
};

export type CommandType = keyof typeof commandSchemas;
export type Command = z.output<(typeof commandSchemas)[CommandType]>;

/** What passes and leaves no trace: neither answered, nor kept, nor numbered. */
export const ephemeralSchemas = {
  typing: z.strictObject({ type: z.literal("typing"), isTyping: z.boolean() }),
  "presence.set": z.strictObject({ type: z.literal("presence.set"), status: z.enum(["active", "away"]) }),
};

/** Comes first. `lastSeq` is the number of the last event that the client has. */
export const helloSchema = z.strictObject({ type: z.literal("hello"), lastSeq: seqSchema.optional() });

/** Tells how far the client has taken in what it was sent; by itself every few seconds or every hundred events. */
export const seenSchema = z.strictObject({ type: z.literal("seen"), seq: seqSchema });
