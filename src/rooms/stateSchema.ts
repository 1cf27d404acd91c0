import * as z from "zod";
import { idSchema } from "../domain/ids.ts";
import { hashSchema, offerStates, offerTermsSchema, termNames } from "../domain/offer.ts";
import {
  bothSides,
  closingSchema,
  documentReferenceSchema,
  flowFactsSchema,
  matchSideSchema,
  participantIdSchema,
  participantSchema,
  roundSchema,
  utcSchema,
} from "./events.ts";

const seqSchema = z.int().positive();

export const roomOfferSchema = z
  .strictObject({
    matchId: idSchema("match"),
    round: roundSchema,
    side: matchSideSchema,
    terms: offerTermsSchema,
    validUntil: utcSchema,
    hash: hashSchema,
    by: participantIdSchema,
    at: utcSchema,
    seq: seqSchema,
    state: z.enum(offerStates),
  })
  .meta({ id: "RoomOffer" });

/** All that follows from the events of a room. Plain data: a snapshot is its JSON. */
export const roomStateSchema = z
  .strictObject({
    matchId: idSchema("match"),
    round: roundSchema,
    phase: z.enum(["open", "confirming", "agreed", "closed"]).meta({
      description:
        "open: the sides bargain; confirming: an offer is accepted and the records are asked for its quantities; agreed: they have them, the round is over; closed: the round is over without an agreement",
    }),
    parties: bothSides(idSchema("organization")),
    flows: bothSides(flowFactsSchema),
    participants: z
      .record(z.string(), participantSchema)
      .meta({ description: "everybody who has joined and was not removed, by id" }),
    removedIds: z.array(participantIdSchema),
    facilitatorIds: z
      .array(idSchema("organization"))
      .meta({ description: "organizations whose facilitators a side has invited" }),
    offers: z.record(hashSchema, roomOfferSchema).meta({ description: "offers of this round, by hash" }),
    openOffers: bothSides(hashSchema.nullable()).meta({
      description: "the one offer of each side that the other can accept",
    }),
    locks: z
      .partialRecord(z.enum(termNames), z.partialRecord(matchSideSchema, hashSchema))
      .meta({ description: "by term, the digest of the value that each side has locked" }),
    acceptance: z.strictObject({ hash: hashSchema, by: participantIdSchema, at: utcSchema }).nullable(),
    agreement: z.strictObject({ hash: hashSchema, exchangeId: idSchema("exchange"), seq: seqSchema }).nullable(),
    closing: closingSchema.nullable(),
    reads: z
      .record(z.string(), z.int().nonnegative())
      .meta({ description: "up to which number each participant has read" }),
    documents: z.record(hashSchema, documentReferenceSchema.extend({ by: participantIdSchema })),
    head: seqSchema.meta({ description: "number of the last event" }),
  })
  .meta({ id: "RoomState", description: "All that follows from the events of a room" });
