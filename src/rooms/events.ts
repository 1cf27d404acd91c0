import * as z from "zod";
import { roles } from "../domain/actor.ts";
import { idSchema } from "../domain/ids.ts";
import { hashSchema, offerTermsSchema, termNames } from "../domain/offer.ts";

/** Who takes part: a side of the match, or a programme's broker, who watches and suggests. */
export const roomSides = ["output", "input", "facilitator"] as const;
export type RoomSide = (typeof roomSides)[number];

export const matchSideSchema = z.enum(["output", "input"]);
/** What each side of the match has of something. */
export const bothSides = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({ output: schema, input: schema });

export const roundSchema = z.int().positive();
export const utcSchema = z.iso.datetime().meta({ description: "RFC 3339 in UTC", example: "2026-11-27T12:00:00.000Z" });
export const participantIdSchema = z.string().meta({
  description: "id of a member, or of a key that speaks for the organization itself",
  example: "mem_01jd7p3v2fe1k9wx5m7t8q4z6c",
});

/** A person or a program in the room. */
export const participantSchema = z
  .strictObject({
    id: participantIdSchema,
    organizationId: idSchema("organization"),
    side: z.enum(roomSides),
    role: z.enum(roles),
    name: z.string().nullable(),
  })
  .meta({ id: "RoomParticipant" });
export type Participant = z.output<typeof participantSchema>;

/** What a side's flow can still give or take, in its own unit, and the least that it deals in. */
export const flowFactsSchema = z
  .strictObject({
    version: z.int().positive(),
    unit: z.string().meta({ description: "UCUM code", example: "t/a" }),
    remaining: z.number(),
    minimumLot: z.number().nullable(),
  })
  .meta({ id: "FlowFacts", description: "What a flow still has, and the least that it deals in, in its own unit" });
export type FlowFacts = z.output<typeof flowFactsSchema>;

export const documentReferenceSchema = z
  .strictObject({
    documentId: hashSchema,
    name: z.string(),
    mediaType: z.string().meta({ example: "application/pdf" }),
    sizeBytes: z.int().nonnegative(),
    sha256: hashSchema,
  })
  .meta({ id: "DocumentReference" });
export type DocumentReference = z.output<typeof documentReferenceSchema>;

const offerMade = { hash: hashSchema, terms: offerTermsSchema, validUntil: utcSchema };

export const closingSchema = z.strictObject({ reason: z.string(), by: z.enum([...roomSides, "system"]) });

/** What happened in a room, by type. Every one is kept, numbered and chained. */
export const roomEventDataSchemas = {
  "room.opened": z.strictObject({
    matchId: idSchema("match"),
    round: roundSchema,
    parties: bothSides(idSchema("organization")),
    flows: bothSides(flowFactsSchema),
  }),
  "round.opened": z.strictObject({ round: roundSchema }),
  "member.joined": participantSchema,
  "member.left": z.strictObject({ id: participantIdSchema }),
  "member.invited": z.strictObject({
    memberId: z.string().nullable().meta({
      description: "a member who had been removed; null where all facilitators of the organization are invited",
    }),
    organizationId: idSchema("organization"),
  }),
  "member.removed": z.strictObject({ id: participantIdSchema }),
  "chat.sent": z.strictObject({ text: z.string() }),
  "read.marked": z.strictObject({ seq: z.int().nonnegative() }),
  "offer.proposed": z.strictObject(offerMade),
  "offer.countered": z.strictObject({
    ...offerMade,
    counters: hashSchema.meta({ description: "hash of the offer that this one answers" }),
  }),
  "offer.suggested": z.strictObject({ terms: offerTermsSchema }),
  "offer.rejected": z.strictObject({ hash: hashSchema, reason: z.string().nullable() }),
  "offer.retracted": z.strictObject({ hash: hashSchema }),
  "offer.expired": z.strictObject({ hash: hashSchema }),
  "offer.accepted": z.strictObject({ hash: hashSchema }),
  "agreement.confirmed": z.strictObject({ hash: hashSchema, exchangeId: idSchema("exchange") }),
  "acceptance.voided": z.strictObject({
    hash: hashSchema,
    reason: z.string().meta({ example: "quantity_taken" }),
  }),
  "term.locked": z.strictObject({ term: z.enum(termNames), hash: hashSchema }),
  "term.unlocked": z.strictObject({ term: z.enum(termNames) }),
  "document.attached": documentReferenceSchema,
  "flow.changed": z.strictObject({ side: matchSideSchema, facts: flowFactsSchema }),
  "match.rescored": z.strictObject({ holds: z.boolean(), gates: z.array(z.string()).readonly() }),
  "measurement.updated": z.strictObject({
    side: matchSideSchema,
    at: utcSchema,
    value: z.number(),
    unit: z.string(),
  }),
  "room.closed": closingSchema,
};

export type RoomEventType = keyof typeof roomEventDataSchemas;
export type RoomEventData = { [T in RoomEventType]: z.output<(typeof roomEventDataSchemas)[T]> };

/** An event that a command leads to, before it has its place. `by` is a participant's id, or `system`. */
export type NewRoomEvent = {
  [T in RoomEventType]: { type: T; at: string; by: string; data: RoomEventData[T] };
}[RoomEventType];

const placeShape = {
  seq: z.int().positive().meta({ description: "dense from 1" }),
  previousHash: hashSchema.meta({
    description: "hash of the event before; of the first, the SHA-256 of the canonical JSON of {matchId}",
  }),
  hash: hashSchema.meta({
    description: "SHA-256 of the canonical JSON (RFC 8785) of all other fields, previousHash among them",
  }),
};

/** An event in its place: numbers are dense from 1, and each carries the hash of the one before. */
export type RoomEvent = NewRoomEvent & z.output<z.ZodObject<typeof placeShape>>;

const [firstType, ...otherTypes] = Object.keys(roomEventDataSchemas) as [RoomEventType, ...RoomEventType[]];

/** By `type`. */
export const roomEventSchema = z
  .discriminatedUnion("type", [eventSchema(firstType), ...otherTypes.map(eventSchema)])
  .meta({ id: "RoomEvent" }) as unknown as z.ZodType<RoomEvent>;

function eventSchema(type: RoomEventType) {
  return z.strictObject({
    seq: placeShape.seq,
    type: z.literal(type),
    at: utcSchema,
    by: z.string().meta({ description: "a participant's id, or system" }),
    data: roomEventDataSchemas[type],
    previousHash: placeShape.previousHash,
    hash: placeShape.hash,
  });
}
