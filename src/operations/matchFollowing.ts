import { AppError } from "../domain/errors.ts";
import type { TurashEvent } from "../domain/event.ts";
import type { EventType } from "../domain/eventCatalogue.ts";
import type { FlowId } from "../domain/ids.ts";
import type { ChangedRecords, DueFlow } from "../stores/records/matchRefreshes.ts";
import type { RequestContext } from "./context.ts";
import { refreshFlow } from "./matchRefresh.ts";

/** How much is computed in one go; what is left waits for the next batch of events or the next minute. */
export type Portion = {
  flows: number;
  seconds: number;
  /** How many matches of one flow are suggested: its best. */
  suggestions: number;
};

const suggestions = 50;
const portionOfEvents: Portion = { flows: 60, seconds: 12, suggestions };
const portionOfMinute: Portion = { flows: 150, seconds: 20, suggestions };

/** Flows that are computed side by side: each waits for the database most of the time. */
const computedAtOnce = 4;
/** Flows that were computed under an older taxonomy and are asked for in one go. */
const outdatedAtOnce = 150;
/** Flows that the sweep looks at in one statement, and statements in one night. */
const sweptAtOnce = 5_000;
const maximumSweeps = 1_000;
/** A flow that is due so soon is waited for. */
const patienceMs = 1_500;

/**
 * What an event says of the matches, by what it is about. Who is in which programme, and what a facilitator or a member is,
 * changes no match: they rest on what anyone may know.
 */
const effects: Partial<Record<EventType, keyof ChangedRecords | "parties" | "taxonomy">> = {
  "turash.flow.created": "flowIds",
  "turash.flow.updated": "flowIds",
  "turash.flow.deleted": "flowIds",
  "turash.flow.activated": "flowIds",
  "turash.flow.paused": "flowIds",
  "turash.flow.withdrawn": "flowIds",
  "turash.site.updated": "siteIds",
  "turash.organization.updated": "organizationIds",
  "turash.organization.deleted": "organizationIds",
  // It counts for the trust in both organizations; what it frees of flows is told of these.
  "turash.exchange.completed": "parties",
  "turash.match.suggested": "matchIds",
  "turash.taxonomy.updated": "taxonomy",
};

/**
 * Lets the matches follow what has changed. Of all the events only what they are about counts, and only where that is not what was
 * computed already: an event that comes late or again computes nothing. What is asked for is kept before anything is computed.
 */
export async function followChanges(
  context: RequestContext,
  events: readonly TurashEvent[],
  portion = portionOfEvents,
): Promise<void> {
  const { matchRefreshes } = context.services;
  const subjects: Record<keyof ChangedRecords, Set<string>> = {
    flowIds: new Set(),
    siteIds: new Set(),
    organizationIds: new Set(),
    matchIds: new Set(),
  };
  let isTaxonomyChanged = false;
  for (const { type, subject, organizationIds } of events) {
    const effect = effects[type];
    if (effect === "taxonomy") isTaxonomyChanged = true;
    else if (effect === "parties") for (const id of organizationIds) subjects.organizationIds.add(id);
    else if (effect && subject) subjects[effect].add(subject);
  }
  let asked = 0;
  if (Object.values(subjects).some(({ size }) => size > 0)) {
    const changed = Object.fromEntries(Object.entries(subjects).map(([kind, ids]) => [kind, [...ids]]));
    asked += await matchRefreshes.request(changed as unknown as ChangedRecords, new Date());
  }
  if (isTaxonomyChanged) asked += await requestOutdated(context);
  if (asked > 0) await computeDue(context, portion);
}

/** Each minute: computes what is due, and then the next of what was computed under an older taxonomy. Gives how many flows. */
export async function computeMatches(context: RequestContext, portion = portionOfMinute): Promise<number> {
  await requestOutdated(context);
  return computeDue(context, portion);
}

async function requestOutdated({ services }: RequestContext): Promise<number> {
  const { version } = await services.readTaxonomy();
  return services.matchRefreshes.requestOutdated(Number(version), new Date(), outdatedAtOnce);
}

/** Each night: looks through all flows for what events have missed, and asks for it. Gives how many flows. */
export async function sweepMatches({ services, at }: RequestContext): Promise<number> {
  let total = 0;
  let after: FlowId | null = null;
  for (let statement = 0; statement < maximumSweeps; statement++) {
    const { last, asked }: { last: FlowId | null; asked: number } = await services.matchRefreshes.requestMissed(
      at,
      after,
      sweptAtOnce,
    );
    total += asked;
    if (last === null) break;
    after = last;
  }
  return total;
}

/** Computes flows that are due, by whomever they were asked for, until none is or the portion is used up; gives how many. */
async function computeDue(context: RequestContext, { flows, seconds, suggestions: limit }: Portion): Promise<number> {
  const { matchRefreshes } = context.services;
  const end = Date.now() + seconds * 1_000;
  let done = 0;
  while (done < flows && Date.now() < end) {
    const { claimed, nextDueAt } = await matchRefreshes.claim(new Date(), Math.min(computedAtOnce, flows - done));
    if (claimed.length === 0) {
      const waitMs = nextDueAt === null ? Number.POSITIVE_INFINITY : nextDueAt.getTime() - Date.now();
      if (waitMs > patienceMs) break;
      await new Promise((resolve) => setTimeout(resolve, Math.max(waitMs, 1)));
      continue;
    }
    await Promise.all(claimed.map((due) => compute(context, due, limit)));
    done += claimed.length;
  }
  return done;
}

/** One that fails is tried again when its lease ends, later each time, and holds back no other. What is away ends the work. */
async function compute(context: RequestContext, due: DueFlow, limit: number): Promise<void> {
  try {
    await refreshFlow({ ...context, at: new Date() }, due, limit);
  } catch (error) {
    if (error instanceof AppError && (error.code === "unavailable" || error.code === "deadline_exceeded")) throw error;
    console.error(
      JSON.stringify({
        level: "error",
        event: "match_refresh_failed",
        requestId: context.requestId,
        flowId: due.flowId,
        cause: String(error),
      }),
    );
  }
}
