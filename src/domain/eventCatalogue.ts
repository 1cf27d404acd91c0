import * as z from "zod";
import { exchangeStates } from "./exchange.ts";
import { idSchema, type Noun } from "./ids.ts";
import { gateVerdicts, matchStates } from "./match.ts";
import { participationStates } from "./programme.ts";

/** What a type of event is about, and the shape of its data. A shape that no longer holds old events gets the next version. */
type EventDefinition = {
  /** The noun of `subject`; null for what is of no noun. */
  subject: Noun | null;
  version: number;
  data: z.ZodObject;
};

/** The version of the subject after the change. */
const changed = z.object({ version: z.int().positive() });
const matchMoved = changed.extend({ state: z.enum(matchStates), round: z.int().positive() });
/** `isConfirmed`: whether both sides stand by it; until then it is a proposal that nobody else may know of. */
const exchangeChanged = changed.extend({ state: z.enum(exchangeStates), isConfirmed: z.boolean() });
/** What an evaluation that changed comes to, as far as either side may know it: no scores and no money. */
const matchRescored = matchMoved.extend({
  /** Whether both flows are active and still match well enough to be suggested. */
  holds: z.boolean(),
  flowsActive: z.boolean(),
  /** The gates whose verdict is another, null where there was or is none of the name. */
  gates: z.array(
    z.object({
      gate: z.string(),
      before: z.enum(gateVerdicts).nullable(),
      after: z.enum(gateVerdicts).nullable(),
    }),
  ),
});
const participationChanged = changed.extend({
  organizationId: idSchema("organization"),
  state: z.enum(participationStates),
});

const about = (subject: Noun, data: z.ZodObject = changed): EventDefinition => ({ subject, version: 1, data });

/** Every type of event there is, with what it tells. */
export const eventCatalogue = {
  "turash.organization.created": about("organization"),
  "turash.organization.updated": about("organization"),
  "turash.organization.deleted": about("organization"),
  "turash.member.invited": about("invitation"),
  "turash.member.uninvited": about("invitation"),
  "turash.member.joined": about("member"),
  "turash.member.updated": about("member"),
  "turash.member.removed": about("member"),
  "turash.member.erased": about("member"),
  "turash.api_key.created": about("apiKey"),
  "turash.api_key.rotated": about("apiKey"),
  "turash.api_key.revoked": about("apiKey"),
  "turash.site.created": about("site"),
  "turash.site.updated": about("site"),
  "turash.site.deleted": about("site"),
  "turash.flow.created": about("flow"),
  "turash.flow.updated": about("flow"),
  "turash.flow.deleted": about("flow"),
  "turash.flow.activated": about("flow"),
  "turash.flow.paused": about("flow"),
  "turash.flow.withdrawn": about("flow"),
  // Events from before rounds were told have none.
  "turash.match.suggested": about("match", changed.extend({ round: z.int().positive().optional() })),
  "turash.match.rescored": about("match", matchRescored),
  "turash.match.superseded": about("match", matchRescored),
  "turash.match.viewed": about("match"),
  "turash.match.interested": about("match", matchMoved),
  "turash.match.introduced": about(
    "match",
    changed.extend({ programmeId: idSchema("programme"), note: z.string().nullable() }),
  ),
  "turash.match.negotiating": about("match", matchMoved),
  "turash.match.declined": about("match", matchMoved),
  "turash.match.expired": about("match", matchMoved),
  "turash.match.withdrawn": about("match", changed.extend({ round: z.int().positive() })),
  "turash.match.agreed": about("match", changed.extend({ round: z.int().positive() })),
  "turash.exchange.agreed": about("exchange", exchangeChanged),
  "turash.exchange.recorded": about("exchange", exchangeChanged),
  "turash.exchange.confirmed": about("exchange", exchangeChanged),
  "turash.exchange.updated": about("exchange", exchangeChanged),
  "turash.exchange.advanced": about("exchange", exchangeChanged),
  "turash.exchange.completed": about("exchange", exchangeChanged),
  "turash.exchange.failed": about("exchange", exchangeChanged),
  "turash.programme.created": about("programme"),
  "turash.programme.updated": about("programme"),
  "turash.programme.closed": about("programme"),
  "turash.programme.invited": about("programme", participationChanged),
  "turash.programme.joined": about("programme", participationChanged),
  "turash.programme.consent_changed": about("programme", participationChanged),
  "turash.programme.left": about("programme", participationChanged),
  "turash.programme.removed": about("programme", participationChanged),
  "turash.webhook.created": about("webhook"),
  "turash.webhook.updated": about("webhook"),
  "turash.webhook.deleted": about("webhook"),
  "turash.webhook.secret_rotated": about("webhook"),
  "turash.webhook.disabled": about("webhook", changed.extend({ reason: z.enum(["failing", "gone", "maker_left"]) })),
  "turash.webhook.tested": about("webhook"),
  "turash.webhook.redelivered": about("webhook", changed.extend({ deliveries: z.int().nonnegative() })),
  "turash.taxonomy.updated": { subject: null, version: 1, data: z.object({}) },
  "turash.dead_letter.replayed": about("deadLetter"),
} as const satisfies Record<string, EventDefinition>;

export type EventType = keyof typeof eventCatalogue;

export const eventTypes = Object.keys(eventCatalogue) as [EventType, ...EventType[]];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(eventCatalogue, text);
}
