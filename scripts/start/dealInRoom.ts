import { RoomClient, type RoomCommand, type RoomEvent, type RoomState } from "../../src/client/index.ts";
import { type RoomLogReport, verifyRoomLog } from "../rooms/verifyRoomLog.ts";
import type { ApiClient } from "./apiClient.ts";
import type { RankedMatch, Supply } from "./mainJob.ts";
import { StartProblem } from "./problem.ts";
import type { SampleNetwork } from "./sampleNetwork.ts";
import type { SeededNetwork } from "./seedNetwork.ts";

/** A room in which an agreement was reached, with its whole log and what became of verifying it. */
export type Deal = {
  need: string;
  output: string;
  matchId: string;
  round: number;
  agreementHash: string;
  /** Whether it was reached now, so that its quantity has just been reserved. */
  isNew: boolean;
  log: RoomEvent[];
  report: RoomLogReport;
};

export type DealWorld = {
  network: SampleNetwork;
  seeded: SeededNetwork;
  api: ApiClient;
  url: string;
  operatorKey: string;
};

type DealtMatch = RankedMatch & { quantity: NonNullable<RankedMatch["quantity"]> };
type Candidate = { need: string; match: DealtMatch };
type Keys = { output: string; input: string };
type LogPage = { data: RoomEvent[]; head: number; nextAfter: number | null };

const validityDays = 14;
const deliveryDays = 365;
const bargainDeadlineMs = 60_000;
/** What is dealt in, of what could flow between the two: a trial leaves the need its other supply. */
const trialShare = 0.1;
/** Shares of what both gain together that the three offers leave to the seller. */
const [asked, countered, met] = [0.8, 0.4, 0.6];

/**
 * Both sides of the network's best match show interest, meet in its room and bargain over WebSocket through three offers, of which
 * the third is agreed on. Where an earlier start has come so far, its agreement is shown again. Null where nothing matches.
 */
export async function dealInRoom(supplies: readonly Supply[], world: DealWorld): Promise<Deal | null> {
  const chosen = await chooseMatch(supplies, world);
  if (!chosen) return null;
  const { need, match } = chosen;
  const keys = { output: keyOf(world, match.output), input: keyOf(world, need) };
  const path = `/v1/matches/${match.matchId}`;
  const { state } = await world.api.get<{ state: string }>(path, keys.output);
  if (state !== "agreed") {
    if (!["interested_both", "negotiating"].includes(state))
      for (const key of Object.values(keys)) await world.api.post(`${path}/interest`, key, {}, crypto.randomUUID());
    await bargain(match, keys, world.url);
  }
  return { ...(await readDeal(chosen, keys.output, world.api)), isNew: state !== "agreed" };
}

/** The match that was agreed on, or else the one with the highest score. */
async function chooseMatch(supplies: readonly Supply[], { api, operatorKey }: DealWorld): Promise<Candidate | null> {
  const candidates = supplies
    .flatMap(({ need, matches }) =>
      matches.flatMap((match) => (match.quantity ? [{ need, match: { ...match, quantity: match.quantity } }] : [])),
    )
    .sort((one, other) => other.match.score - one.match.score);
  const { data } = await api.get<{ data: { id: string }[] }>("/v1/matches?state=agreed&limit=200", operatorKey);
  const agreedIds = new Set(data.map(({ id }) => id));
  return candidates.find(({ match }) => agreedIds.has(match.matchId)) ?? candidates[0] ?? null;
}

/** The key of the organization whose flow it is, by its name in the sample. */
function keyOf({ network, seeded }: DealWorld, flowKey: string): string {
  const site = network.flows.find(({ key }) => key === flowKey)?.site;
  const organization = network.sites.find(({ key }) => key === site)?.organization;
  const key = organization && seeded.keys[organization];
  if (!key) throw new StartProblem(`${flowKey} is of nobody in the sample network; forget the local data with --fresh`);
  return key;
}

async function bargain(match: DealtMatch, keys: Keys, url: string): Promise<void> {
  const { matchId } = match;
  const seller = new RoomClient({ url, matchId, credential: keys.output });
  const buyer = new RoomClient({ url, matchId, credential: keys.input });
  const deadline = setTimeout(() => {
    seller.close();
    buyer.close();
  }, bargainDeadlineMs);
  try {
    const proposed = await offer(seller, "output", { type: "offer.propose", ...contentOf(match, asked) });
    await buyer.until(({ openOffers }) => openOffers.output === proposed);
    const answered = await offer(buyer, "input", {
      type: "offer.counter",
      hash: proposed,
      ...contentOf(match, countered),
    });
    await seller.until(({ openOffers }) => openOffers.input === answered);
    const last = await offer(seller, "output", { type: "offer.counter", hash: answered, ...contentOf(match, met) });
    await buyer.until(({ openOffers }) => openOffers.output === last);
    await buyer.send({ type: "offer.accept", hash: last });
    const { phase } = await buyer.until(({ phase }) => phase !== "confirming");
    if (phase !== "agreed") throw new Error("the acceptance was voided");
  } catch (error) {
    throw new StartProblem(`the room of ${matchId} came to no agreement: ${(error as Error).message}`);
  } finally {
    clearTimeout(deadline);
    seller.close();
    buyer.close();
  }
}

/** Makes an offer; its hash. */
async function offer(client: RoomClient, side: keyof RoomState["openOffers"], command: RoomCommand): Promise<string> {
  await client.send(command);
  return client.state!.openOffers[side]!;
}

function contentOf({ quantity, money }: DealtMatch, share: number) {
  const { joint, currency } = money.perYear;
  const now = Date.now();
  const dateAfter = (days: number) => new Date(now + days * 86_400_000).toISOString();
  return {
    terms: {
      quantity: { amount: Math.ceil(quantity.amount * trialShare), unit: quantity.unit },
      price: {
        amount: ((share * Number(joint)) / quantity.amount).toFixed(2),
        currency,
        per: quantity.unit.split("/")[0]!,
      },
      from: dateAfter(validityDays).slice(0, 10),
      until: dateAfter(validityDays + deliveryDays).slice(0, 10),
      notes: "A trial of a tenth, for a year",
    },
    validUntil: dateAfter(validityDays),
  };
}

async function readDeal({ need, match }: Candidate, key: string, api: ApiClient): Promise<Omit<Deal, "isNew">> {
  const { matchId, output } = match;
  const log: RoomEvent[] = [];
  let head = 0;
  for (let after: number | null = 0; after !== null; ) {
    const page: LogPage = await api.get(`/v1/rooms/${matchId}/events?after=${after}`, key);
    log.push(...page.data);
    head = page.head;
    after = page.nextAfter;
  }
  const report = verifyRoomLog({ events: log, head });
  const agreement = report.agreements.at(-1);
  if (!agreement) throw new StartProblem(`the room of ${matchId} has no agreement in its log`);
  return { need, output, matchId, round: agreement.round, agreementHash: agreement.hash, log, report };
}
