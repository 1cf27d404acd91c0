import type { OperatorActor } from "../domain/actor.ts";
import type { RetainedKind } from "../domain/retention.ts";
import type { AuditChainStore } from "../stores/records/auditChain.ts";
import type { MemberStore } from "../stores/records/members.ts";
import type { DeletedKind, RetentionStore } from "../stores/records/retention.ts";

/** Cron expressions, in UTC, by which the platform calls; the same as in wrangler.toml. */
export const crons = { everyMinute: "* * * * *", daily: "17 3 * * *" } as const;

/** What scheduled work is done with; made for each call by the composition root. */
export type Schedule = {
  at: Date;
  auditChain: AuditChainStore;
  retention: RetentionStore;
  members: MemberStore;
  /** Sends what is due to its consumers, and gives up on what was lost; how many events, how many letters. */
  relay: { send(): Promise<number>; giveUp(): Promise<number> };
  /** Of this call, handed on with what it changes. */
  traceparent: string;
  /** Kinds that are deleted whole, and how many entries or records go into one statement. */
  deletedKinds: readonly DeletedKind[];
  batches: { sealing: number; retention: number };
};

/** Statements of one kind in one call; what is left waits for the next. */
const maximumStatements = 20;

/** What the schedule does is done on the operator's behalf. */
const actor: OperatorActor = { kind: "operator", credential: "schedule" };

export type Done = { job: "seal" | "relay" | "give_up" | "forget"; kind: RetainedKind | null; count: number };

/**
 * Does what a cron expression stands for: each minute events are sent on and the audit log is sealed, each day what is over its time is forgotten.
 * A job that fails leaves the others to be done; the first failure is thrown in the end. Gives what was done.
 */
export async function runSchedule(cron: string, schedule: Schedule): Promise<Done[]> {
  const done: Done[] = [];
  const failures: unknown[] = [];
  const attempt = async (job: Done["job"], kind: Done["kind"], work: () => Promise<number>) => {
    try {
      done.push({ job, kind, count: await work() });
    } catch (error) {
      failures.push(error);
    }
  };
  if (cron === crons.everyMinute) {
    await attempt("relay", null, schedule.relay.send);
    await attempt("give_up", null, schedule.relay.giveUp);
    await attempt("seal", null, () => sealAll(schedule));
  }
  if (cron === crons.daily) {
    for (const kind of schedule.deletedKinds)
      await attempt("forget", kind, () =>
        repeat(schedule.batches.retention, () => schedule.retention.deleteOld(kind, schedule.at)),
      );
    await attempt("forget", "members", () => eraseMembers(schedule));
    await attempt("forget", "auditEntries", () =>
      repeat(schedule.batches.retention, () => schedule.retention.pruneAudit(schedule.at)),
    );
  }
  if (failures.length > 0) throw failures[0];
  return done;
}

function sealAll({ auditChain, at, batches }: Schedule): Promise<number> {
  return repeat(batches.sealing, () => auditChain.seal(at));
}

/** Until a batch is not full. */
async function repeat(batch: number, work: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let statement = 0; statement < maximumStatements; statement++) {
    const count = await work();
    total += count;
    if (count < batch) break;
  }
  return total;
}

async function eraseMembers({ retention, members, at, traceparent }: Schedule): Promise<number> {
  const overdue = await retention.findOverdueMembers(at);
  for (const { organizationId, memberId } of overdue)
    await members.erase(
      { actor, at, requestId: crypto.randomUUID(), addressHash: null, traceparent, idempotency: null },
      organizationId,
      memberId,
    );
  return overdue.length;
}
