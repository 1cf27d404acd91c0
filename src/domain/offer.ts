import * as z from "zod";
import { digestOf } from "./canonicalJson.ts";
import type { MatchId } from "./ids.ts";
import { instantSchema } from "./instant.ts";
import type { MatchSide } from "./match.ts";
import { priceSchema } from "./price.ts";
import { qualitySchema } from "./quality.ts";
import { quantitySchema } from "./quantity.ts";

/** What an offer says, each of which the sides can settle by itself. */
export const termNames = ["quantity", "price", "from", "until", "deliveryPoint", "quality", "notes"] as const;
export type TermName = (typeof termNames)[number];

export const hashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
  .meta({ description: "SHA-256, 64 hexadecimal digits", example: "9f".repeat(32) });

/** The terms of an offer: what would flow, for how much, when, where and how good. */
export const offerTermsSchema = z
  .strictObject({
    quantity: quantitySchema.extend({ amount: z.number().positive() }),
    price: priceSchema.meta({ description: "what the input's side pays; negative where the output's side pays" }),
    from: z.iso.date().meta({ description: "the first day of delivery" }),
    until: z.iso.date().nullable().default(null).meta({ description: "the last day; null for an open end" }),
    deliveryPoint: z.string().min(1).max(500).nullable().default(null).meta({ example: "Flange at the site boundary" }),
    quality: qualitySchema.default({}),
    notes: z.string().min(1).max(2_000).nullable().default(null),
  })
  .refine(({ from, until }) => until === null || from <= until, { path: ["until"], error: "is before from" })
  .meta({ id: "OfferTerms" });
export type OfferTerms = z.infer<typeof offerTermsSchema>;

/** Until when an offer can be accepted, RFC 3339. */
export const validUntilSchema = instantSchema.meta({ description: "until when it can be accepted, RFC 3339" });

export const offerStates = [
  "proposed",
  "countered",
  "accepted",
  "voided",
  "rejected",
  "retracted",
  "expired",
  "superseded",
] as const;
export type OfferState = (typeof offerStates)[number];

/** Everything that an acceptance binds both sides to. */
export type OfferContent = {
  matchId: MatchId;
  round: number;
  side: MatchSide;
  terms: OfferTerms;
  /** RFC 3339 in UTC. */
  validUntil: string;
};

/** The hash by which an offer is accepted: SHA-256 over its canonical JSON (RFC 8785), 64 hexadecimal digits. */
export function hashOffer({ matchId, round, side, terms, validUntil }: OfferContent): string {
  return digestOf({ matchId, round, side, terms, validUntil });
}
