import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { hashSchema, offerTermsSchema, termNames, validUntilSchema } from "../domain/offer.ts";
import { refusalCodes } from "./decision.ts";
import { participantIdSchema, participantSchema, roomEventSchema } from "./events.ts";
import { roomStateSchema } from "./stateSchema.ts";

/** How deep a frame's objects and arrays may go. */
export const maximumFrameDepth = 12;

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

const presenceStatusSchema = z.enum(["active", "away"]);

/** What passes and leaves no trace: neither answered, nor kept, nor numbered. */
export const ephemeralSchemas = {
  typing: z.strictObject({ type: z.literal("typing"), isTyping: z.boolean() }),
  "presence.set": z.strictObject({ type: z.literal("presence.set"), status: presenceStatusSchema }),
};

/** Comes first. `lastSeq` is the number of the last event that the client has. */
export const helloSchema = z.strictObject({ type: z.literal("hello"), lastSeq: seqSchema.optional() });

/** Tells how far the client has taken in what it was sent; by itself every few seconds or every hundred events. */
export const seenSchema = z.strictObject({ type: z.literal("seen"), seq: seqSchema });

/** Why a frame is none, as stable words. */
export const frameFaultCodes = [
  "frame_too_large",
  "not_json",
  "not_an_object",
  "too_deep",
  "unknown_command",
  "invalid_fields",
  "unkeepable_text",
] as const;

/** Every word by which a room says that something did not happen. */
export const errorCodes = [
  ...refusalCodes,
  ...frameFaultCodes,
  "hello_first",
  "hello_again",
  "too_many_frames",
  "unavailable",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** The client's id as it was sent, of whatever command; null where the frame had none that could be read. */
const answeredIdSchema = z.string().max(64);

/** What a room sends. */
export const serverFrameSchemas = {
  welcome: z.strictObject({
    type: z.literal("welcome"),
    epoch: z
      .string()
      .min(1)
      .meta({ description: "of the room's log; where it is another, what a client has is of another log" }),
    member: participantSchema,
    head: seqSchema.meta({ description: "number of the last event" }),
    state: roomStateSchema.nullable().meta({
      description: "the room at `head`; null where the events after the client's lastSeq follow instead",
    }),
  }),
  event: z.strictObject({ type: z.literal("event"), event: roomEventSchema }),
  ack: z.strictObject({
    type: z.literal("ack"),
    clientMessageId: answeredIdSchema,
    seq: seqSchema.meta({
      description: "number of the last event that the command led to; the head at that time where it led to none",
    }),
  }),
  error: z.strictObject({
    type: z.literal("error"),
    clientMessageId: answeredIdSchema.nullable(),
    code: z.enum(errorCodes),
    message: z.string(),
    errors: z.array(z.strictObject({ pointer: z.string().meta({ example: "/terms/quantity" }), message: z.string() })),
  }),
  presence: z.strictObject({
    type: z.literal("presence"),
    members: z.array(z.strictObject({ id: participantIdSchema, status: presenceStatusSchema })),
  }),
  typing: z.strictObject({ type: z.literal("typing"), id: participantIdSchema, isTyping: z.boolean() }),
  notice: z.strictObject({
    type: z.literal("notice"),
    code: z.literal("draining"),
    reconnectAfterMs: z.int().nonnegative(),
  }),
};

export type ServerFrameType = keyof typeof serverFrameSchemas;
export type ServerFrame = z.output<(typeof serverFrameSchemas)[ServerFrameType]>;
