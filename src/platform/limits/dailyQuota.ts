import type { OrganizationId } from "../../domain/ids.ts";
import { daySeconds, type LimitName } from "./settings.ts";
import { createWindowCounter } from "./windowCounter.ts";

/** What an isolate was given of a day's quota, and how much of it all isolates have been given. */
export type QuotaLease = { granted: number; taken: number };

/** The objects that count, one for each organization, by its id. */
export type QuotaObjects = {
  getByName(name: OrganizationId): { take(name: LimitName, day: string, quota: number): Promise<QuotaLease> };
};

type Lease = { day: string; left: number; taken: number };

/** An object that does not answer within this is counted without. */
const answerTimeoutMs = 1_000;
/** So long is none asked after one failed, or every request would wait for it. */
const restMs = 10_000;
const maximumLeases = 10_000;

export type DailyQuota = ReturnType<typeof createDailyQuota>;

/**
 * The requests of organizations in a day (UTC), taken from each organization's object a lease at a time and used up here. Where
 * there is no such object, or it does not answer, this isolate's own count of the day stands in for it.
 */
export function createDailyQuota(name: LimitName) {
  const leases = new Map<OrganizationId, Lease>();
  const own = createWindowCounter(daySeconds);
  let restUntil = 0;

  return {
    /** Takes one request; resolves with how many are left of the quota, or -1 where none was. */
    take(
      objects: QuotaObjects | undefined,
      organizationId: OrganizationId,
      quota: number,
      at: Date,
    ): number | Promise<number> {
      const counted = own.count(organizationId, at);
      if (!objects || at.getTime() < restUntil) return Math.max(-1, quota - counted);
      const day = dayOf(at);
      const lease = leases.get(organizationId);
      if (lease?.day !== day) return takeAnew(objects, organizationId, quota, at, counted);
      if (lease.left > 0) {
        lease.left--;
        return Math.max(0, quota - lease.taken) + lease.left;
      }
      return lease.taken >= quota ? -1 : takeAnew(objects, organizationId, quota, at, counted);
    },
  };

  async function takeAnew(
    objects: QuotaObjects,
    organizationId: OrganizationId,
    quota: number,
    at: Date,
    counted: number,
  ): Promise<number> {
    const day = dayOf(at);
    const answer = await ask(objects, organizationId, quota, day);
    if (!answer) {
      restUntil = at.getTime() + restMs;
      return Math.max(-1, quota - counted);
    }
    const { granted, taken } = answer;
    if (leases.size >= maximumLeases) leases.clear();
    // Another request of this isolate may have brought a lease meanwhile.
    const known = leases.get(organizationId);
    const left = (known?.day === day ? known.left : 0) + Math.max(0, granted - 1);
    leases.set(organizationId, { day, left, taken: Math.max(taken, known?.day === day ? known.taken : 0) });
    return granted === 0 ? -1 : Math.max(0, quota - taken) + left;
  }

  async function ask(objects: QuotaObjects, organizationId: OrganizationId, quota: number, day: string) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(resolve, answerTimeoutMs, null);
      });
      return await Promise.race([objects.getByName(organizationId).take(name, day, quota), late]);
    } catch (error) {
      console.error(
        JSON.stringify({ level: "error", event: "quota_object_failed", organizationId, cause: String(error) }),
      );
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** ISO date in UTC. */
function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
