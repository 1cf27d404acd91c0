import * as z from "zod";
import { externalIdSchema, type Visibility, visibilities } from "./flow.ts";
import { type ExchangeId, type FlowId, idSchema, type MatchId, type OrganizationId } from "./ids.ts";
import type { MatchSide } from "./match.ts";
import { priceSchema } from "./price.ts";
import { quantitySchema } from "./quantity.ts";

export const exchangeStates = ["agreed", "permitting", "implementing", "active", "completed", "failed"] as const;
export type ExchangeState = (typeof exchangeStates)[number];

/** In which an exchange is going on. */
export const standingStates = ["agreed", "permitting", "implementing", "active"] as const satisfies ExchangeState[];
/** In which it is over: its match, where it has one, may open the next round. */
export const endedStates = ["completed", "failed"] as const satisfies ExchangeState[];

/** From which states each state is reached, as data: a step may be skipped, none is gone back. */
export const exchangeTransitions: Record<ExchangeState, readonly ExchangeState[]> = {
  agreed: [],
  permitting: ["agreed"],
  implementing: ["agreed", "permitting"],
  active: ["agreed", "permitting", "implementing"],
  completed: ["active"],
  failed: ["agreed", "permitting", "implementing", "active"],
};

/** Agreed in a match's room, or recorded because it existed before. */
export type ExchangeOrigin = "agreed" | "recorded";

export type ExchangeHistoryEntry = {
  /** What it was then; an entry whose state is that of the one before tells of another change. */
  state: ExchangeState;
  /** RFC 3339 in UTC. */
  at: string;
  by: MatchSide | "operator" | "schedule";
  reason: string | null;
};

const dateSchema = z.iso.date().nullable().default(null);

const visibilitySchema = z.enum(visibilities).default("private").meta({
  description: "to whom the caller's side lets it be shown; of what the two sides say, the narrower holds",
});

/** What a caller sends to record an exchange. */
export const exchangeContentSchema = z
  .strictObject({
    externalId: externalIdSchema.nullable().default(null),
    outputFlowId: idSchema("flow"),
    inputFlowId: idSchema("flow"),
    quantity: quantitySchema.safeExtend({ amount: z.number().positive() }).meta({ id: "ExchangeQuantity" }),
    price: priceSchema.nullable().default(null),
    from: dateSchema.meta({ description: "the first day of delivery" }),
    until: dateSchema.meta({ description: "the last day of delivery; an active exchange is completed after it" }),
    state: z
      .enum(standingStates)
      .default("agreed")
      .meta({ description: "how far it is when it is recorded; later states are reached by advance" }),
    reserves: z.boolean().default(true).meta({
      description:
        "whether it takes its quantity from what remains of its flows; false where they state what is left besides it",
    }),
    visibility: visibilitySchema,
  })
  .refine(({ from, until }) => from === null || until === null || from <= until, {
    path: ["until"],
    error: "is before from",
  })
  .meta({ id: "ExchangeContent" });
export type ExchangeContent = z.infer<typeof exchangeContentSchema>;

/** What one side may change by itself. */
export const exchangeSettingsSchema = z.strictObject({ visibility: visibilitySchema }).meta({ id: "ExchangeSettings" });

export const termNames = [
  "quantity",
  "price",
  "from",
  "until",
  "reserves",
] as const satisfies (keyof ExchangeContent)[];
/** What the two sides of a recorded exchange must say alike. */
export type ExchangeTerms = Pick<ExchangeContent, (typeof termNames)[number]>;

/** An exchange of an output and an input, as far as its reader may know it. */
export type ExchangeRecord = ExchangeTerms & {
  id: ExchangeId;
  /** The reader's own key for it; null where it has none, and for whoever is neither of its sides nor the operator. */
  externalId: string | null;
  origin: ExchangeOrigin;
  /** Of one that was agreed. */
  matchId: MatchId | null;
  round: number | null;
  outputFlowId: FlowId;
  inputFlowId: FlowId;
  /** Null where that side has not confirmed it and its flow shows its reader no owner. */
  outputOrganizationId: OrganizationId | null;
  inputOrganizationId: OrganizationId | null;
  state: ExchangeState;
  /** Which side stands by it: one that is recorded by one side is a proposal until the other confirms it. */
  confirmedBy: Record<MatchSide, boolean>;
  recordedBy: MatchSide | "operator" | null;
  visibility: Visibility;
  /** To whom each side lets it be shown; null for whoever is neither of its sides nor the operator, and so are price and history. */
  visibilityBy: Record<MatchSide, Visibility> | null;
  history: readonly ExchangeHistoryEntry[] | null;
  version: number;
  createdAt: string;
  updatedAt: string;
};
