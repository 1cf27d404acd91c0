import type { OperatorActor } from "../domain/actor.ts";
import type { ChangeStamp } from "../domain/change.ts";
import type { MemberId } from "../domain/ids.ts";
import type { RetainedKind } from "../domain/retention.ts";
import type { AuditChainStore } from "../stores/records/auditChain.ts";
import type { ExchangeChangeStore } from "../stores/records/exchangeChanges.ts";
import type { MemberStore } from "../stores/records/members.ts";
import type { DeletedKind, RetentionStore } from "../stores/records/retention.ts";
import { type Job, takeTurns } from "./turns.ts";

/** Cron expressions, in UTC, by which the platform calls; the same as in wrangler.toml. */
export const crons = { everyMinute: "* * * * *", hourly: "17 * * * *", nightly: "41 2 * * *" } as const;

/** What scheduled work is done with; made for each call by the composition root. */
export type Schedule = {
  at: Date;
  auditChain: AuditChainStore;
  retention: RetentionStore;
  members: MemberStore;
  exchangeChanges: Pick<ExchangeChangeStore, "completeDue">;
  /** Sends what is due to its consumers, and gives up on what was lost; how many events, how many letters. */
  relay: { send(): Promise<number>; giveUp(): Promise<number> };
  /** Computes matches that wait; looks for what was missed of them. How many flows. */
  matching: { compute(): Promise<number>; sweep(): Promise<number> };
  /** Goes on with a rebuild of the graph, and drops what one has replaced; how many records, in how many turns. */
  graph: { continueRebuild(): Promise<number>; dropReplaced(): Promise<number> };
  /** Posts what is due to endpoints of webhooks; how many attempts that made. */
  deliverDue(): Promise<number>;
  /** Of this call, handed on with what it changes. */
  traceparent: string;
  /** Kinds that are deleted whole, and how many entries, records or persons go into one statement or one turn. */
  deletedKinds: readonly DeletedKind[];
  batches: { sealing: number; retention: number; members: number; completion: number };
  /** Until when this call begins further statements; those that have begun have some seconds more. */
  timeLeftMs(): number;
};

/** Statements by which one call seals; what is left waits for the next minute. */
const maximumSealings = 20;

/** What the schedule does is done on the operator's behalf. */
const actor: OperatorActor = { kind: "operator", credential: "schedule" };

/** `hasMore` of a kind where the time was used before all of it was forgotten; the rest waits for the next call. */
export type Done = {
  job:
    | "seal"
    | "relay"
    | "give_up"
    | "match"
    | "sweep"
    | "rebuild_graph"
    | "drop_graph"
    | "complete"
    | "deliver"
    | "forget";
  kind: RetainedKind | null;
  count: number;
  hasMore: boolean;
};

/**
 * Does what a cron expression stands for: each minute events are sent on, the audit log is sealed, matches that wait are computed, a
 * rebuild of the graph goes on and webhooks are tried again; each hour exchanges whose last day is over are completed and what is
 * over its time is forgotten; each night what events have missed of the matches is looked for. A job that fails leaves the others to
 * be done; the first failure is thrown in the end. Gives what was done.
 */
export async function runSchedule(cron: string, schedule: Schedule): Promise<Done[]> {
  const failures: unknown[] = [];
  const done: Done[] = [];
  if (cron === crons.everyMinute) done.push(...(await doEach(jobsOfMinute(schedule), failures)));
  if (cron === crons.hourly)
    done.push(...(await completeExchanges(schedule, failures)), ...(await forgetAll(schedule, failures)));
  if (cron === crons.nightly) done.push(...(await doEach([["sweep", schedule.matching.sweep]], failures)));
  if (failures.length > 0) throw failures[0];
  return done;
}

type SimpleJob = [Done["job"], () => Promise<number>];

function jobsOfMinute(schedule: Schedule): SimpleJob[] {
  // It waits for others, and so goes on beside the rest.
  const delivering = schedule.deliverDue();
  return [
    ["relay", schedule.relay.send],
    ["give_up", schedule.relay.giveUp],
    ["seal", () => sealAll(schedule)],
    ["match", schedule.matching.compute],
    ["rebuild_graph", schedule.graph.continueRebuild],
    ["drop_graph", schedule.graph.dropReplaced],
    ["deliver", () => delivering],
  ];
}

async function doEach(jobs: readonly SimpleJob[], failures: unknown[]): Promise<Done[]> {
  const done: Done[] = [];
  for (const [job, work] of jobs)
    try {
      done.push({ job, kind: null, count: await work(), hasMore: false });
    } catch (error) {
      failures.push(error);
    }
  return done;
}

/** Until a statement is not full. */
async function sealAll({ auditChain, at, batches }: Schedule): Promise<number> {
  let total = 0;
  for (let sealing = 0; sealing < maximumSealings; sealing++) {
    const sealed = await auditChain.seal(at);
    total += sealed;
    if (sealed < batches.sealing) break;
  }
  return total;
}

/** An exchange is completed on the day after its last, in UTC. */
async function completeExchanges(schedule: Schedule, failures: unknown[]): Promise<Done[]> {
  const { exchangeChanges, at, batches, timeLeftMs } = schedule;
  const job = {
    name: "exchanges" as const,
    async step() {
      const count = await exchangeChanges.completeDue(stampOf(schedule), at.toISOString().slice(0, 10));
      return { count, hasMore: count === batches.completion };
    },
  };
  const done = await takeTurns([job], timeLeftMs, failures);
  return done.map(({ name: _, ...rest }) => ({ job: "complete", kind: null, ...rest }));
}

async function forgetAll(schedule: Schedule, failures: unknown[]): Promise<Done[]> {
  const { retention, at, batches, deletedKinds, timeLeftMs } = schedule;
  const jobs: Job<RetainedKind>[] = [
    ...deletedKinds.map((kind) => ({
      name: kind,
      async step() {
        const count = await retention.deleteOld(kind, at);
        return { count, hasMore: count === batches.retention };
      },
    })),
    eraseMembers(schedule, failures),
    {
      name: "auditEntries",
      async step() {
        const count = await retention.pruneAudit(at);
        return { count, hasMore: count > 0 };
      },
    },
  ];
  const done = await takeTurns(jobs, timeLeftMs, failures);
  return done.map(({ name, ...rest }) => ({ job: "forget", kind: name, ...rest }));
}

/** Each person by itself, so that one that cannot be erased holds up no other. */
function eraseMembers(schedule: Schedule, failures: unknown[]): Job<RetainedKind> {
  const { retention, members, at, batches } = schedule;
  let after: MemberId | null = null;
  return {
    name: "members",
    async step() {
      const overdue = await retention.findOverdueMembers(at, after, batches.members);
      let count = 0;
      for (const { organizationId, memberId } of overdue) {
        try {
          await members.erase(stampOf(schedule), organizationId, memberId);
          count += 1;
        } catch (error) {
          failures.push(error);
        }
        after = memberId;
      }
      return { count, hasMore: overdue.length === batches.members };
    },
  };
}

function stampOf({ at, traceparent }: Schedule): ChangeStamp {
  return { actor, at, requestId: crypto.randomUUID(), addressHash: null, traceparent, idempotency: null };
}
