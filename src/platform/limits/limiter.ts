import type { DeviceActor, MemberActor } from "../../domain/actor.ts";
import { AppError } from "../../domain/errors.ts";
import type { OrganizationId } from "../../domain/ids.ts";
import type { LimitState } from "../../operations/context.ts";
import { createDailyQuota, type QuotaObjects } from "./dailyQuota.ts";
import { daySeconds, type LimitName, type LimitSettings, minuteSeconds } from "./settings.ts";
import { createWindowCounter, secondsLeft } from "./windowCounter.ts";

/** A rate-limit binding: the count of a minute at one location. */
type LocationCounter = { limit(options: { key: string }): Promise<{ success: boolean }> };

/** The platform's counters; each may be missing, as under bare workerd, where this isolate's own count stands alone. */
export type LimitBindings = {
  ADDRESS_LIMIT?: LocationCounter | undefined;
  CREDENTIAL_LIMIT?: LocationCounter | undefined;
  PROBE_LIMIT?: LocationCounter | undefined;
  QUOTA?: QuotaObjects | undefined;
};

/** Whom a limit counts by, and what one request is refused with. */
const refusals: Record<LimitName, { reason: string; who: string; what: string }> = {
  addressPerMinute: { reason: "address_limit_reached", who: "This network address", what: "requests a minute" },
  credentialPerMinute: { reason: "credential_limit_reached", who: "This credential", what: "requests a minute" },
  probesPerMinute: {
    reason: "probe_limit_reached",
    who: "This organization",
    what: "previews and evaluations a minute",
  },
  probesPerDay: {
    reason: "daily_probe_limit_reached",
    who: "This organization",
    what: "previews and evaluations a day (UTC)",
  },
  requestsPerDay: { reason: "daily_limit_reached", who: "This organization", what: "requests a day (UTC)" },
};

export type Limiter = ReturnType<typeof createLimiter>;

/**
 * Counts requests against the limits, as one isolate remembers them. Each method throws `rate_limited`, or adds how the request
 * stands to `states`; it returns a promise only where something outside the isolate must be asked.
 */
export function createLimiter(settings: LimitSettings) {
  const addresses = createWindowCounter(minuteSeconds);
  const credentials = createWindowCounter(minuteSeconds);
  const probes = createWindowCounter(minuteSeconds);
  const requestsOfDay = createDailyQuota("requestsPerDay");
  const probesOfDay = createDailyQuota("probesPerDay");

  /** Notes how a request stands, and refuses it where `remaining` is negative. */
  function settle(states: LimitState[], name: LimitName, windowSeconds: number, remaining: number, at: Date): void {
    const quota = settings[name]!;
    const resetSeconds = secondsLeft(windowSeconds, at);
    states.push({ name, quota, windowSeconds, remaining: Math.max(0, remaining), resetSeconds });
    if (remaining >= 0) return;
    const { reason, who, what } = refusals[name];
    throw new AppError("rate_limited", `${who} has had its ${quota} ${what}. Try again in ${resetSeconds} s.`, {
      reason,
      retryAfterSeconds: resetSeconds,
    });
  }

  /** By this isolate's count first, then by the location's, which counts what its other isolates let through too. */
  function admitInMinute(
    states: LimitState[],
    name: LimitName,
    counter: ReturnType<typeof createWindowCounter>,
    binding: LocationCounter | undefined,
    subject: string,
    at: Date,
  ): Promise<void> | null {
    const quota = settings[name];
    if (quota === null) return null;
    const remaining = quota - counter.count(subject, at);
    if (!binding || remaining < 0) {
      settle(states, name, minuteSeconds, remaining, at);
      return null;
    }
    return binding
      .limit({ key: subject })
      .then(({ success }) => settle(states, name, minuteSeconds, success ? remaining : -1, at));
  }

  function admitInDay(
    states: LimitState[],
    name: "requestsPerDay" | "probesPerDay",
    bindings: LimitBindings,
    organizationId: OrganizationId,
    at: Date,
  ): Promise<void> | null {
    const quota = settings[name];
    if (quota === null) return null;
    const taking = name === "probesPerDay" ? probesOfDay : requestsOfDay;
    const remaining = taking.take(bindings.QUOTA, organizationId, quota, at);
    if (typeof remaining !== "number") return remaining.then((left) => settle(states, name, daySeconds, left, at));
    settle(states, name, daySeconds, remaining, at);
    return null;
  }

  return {
    /** Before the credential is looked at. An address that is not known shares one count with all such. */
    admitAddress(
      states: LimitState[],
      bindings: LimitBindings,
      address: string | null,
      at: Date,
    ): Promise<void> | null {
      const subject = networkOf(address ?? "unknown");
      return admitInMinute(states, "addressPerMinute", addresses, bindings.ADDRESS_LIMIT, subject, at);
    },

    /** Once it is known who asks. */
    admitActor(
      states: LimitState[],
      bindings: LimitBindings,
      actor: MemberActor | DeviceActor,
      at: Date,
    ): Promise<void> | null {
      const subject = subjectOf(actor);
      const inDay = () => admitInDay(states, "requestsPerDay", bindings, actor.organizationId, at);
      const asked = admitInMinute(states, "credentialPerMinute", credentials, bindings.CREDENTIAL_LIMIT, subject, at);
      return asked ? asked.then(inDay as () => Promise<void>) : inDay();
    },

    /** Before what could feel out others' flows is computed. */
    async admitProbe(
      states: LimitState[],
      bindings: LimitBindings,
      organizationId: OrganizationId,
      at: Date,
    ): Promise<void> {
      await admitInMinute(states, "probesPerMinute", probes, bindings.PROBE_LIMIT, organizationId, at);
      await admitInDay(states, "probesPerDay", bindings, organizationId, at);
    },
  };
}

/** A token of a sign-in lasts minutes, and the next one counts on with the same member. */
function subjectOf(actor: MemberActor | DeviceActor): string {
  const isSignIn = actor.credential.startsWith("sign_in:");
  return actor.kind === "member" && isSignIn && actor.memberId !== null ? actor.memberId : actor.credential;
}

/** An IPv6 host has a /64 of addresses to itself (RFC 6177), so they count as one. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
