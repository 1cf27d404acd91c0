import type { Evaluation, GateResult } from "../../src/matching/evaluation.ts";
import { type ApiClient, ApiRefusal } from "./apiClient.ts";
import type { Deal } from "./dealInRoom.ts";
import type { SampleNetwork } from "./sampleNetwork.ts";
import type { SeededNetwork } from "./seedNetwork.ts";

type ListedMatch = Omit<Evaluation, "gates" | "terms">;
type ListedNearMiss = ListedMatch & { near: GateResult };

export type RankedMatch = ListedMatch & { rank: number; output: string };
export type NearMiss = ListedNearMiss & { output: string };

/** Who can supply one need. */
export type Supply = { need: string; matches: RankedMatch[]; nearMisses: NearMiss[] };

const askedAtOnce = 4;

/** The main job: for every need of the network its ranked matches and its near misses, as the operator sees them. */
export async function findSupplies(
  network: SampleNetwork,
  seeded: SeededNetwork,
  api: ApiClient,
  operatorKey: string,
): Promise<Supply[]> {
  const names = new Map(Object.entries(seeded.flowIds).map(([key, id]) => [id, key]));
  /** By its owner's key for it; flows that were added since are asked for once. */
  async function nameOf(flowId: string): Promise<string> {
    const known = names.get(flowId);
    if (known) return known;
    const { externalId } = await api.get<{ externalId: string | null }>(`/v1/flows/${flowId}`, operatorKey);
    names.set(flowId, externalId ?? flowId);
    return externalId ?? flowId;
  }
  async function findSupply(need: string): Promise<Supply> {
    const path = `/v1/flows/${seeded.flowIds[need]}`;
    const matches = await list<ListedMatch>(api, `${path}/matches?limit=50`, operatorKey);
    const nearMisses = await list<ListedNearMiss>(api, `${path}/near-misses?limit=10`, operatorKey);
    const supply: Supply = { need, matches: [], nearMisses: [] };
    for (const [index, match] of matches.entries())
      supply.matches.push({ ...match, rank: index + 1, output: await nameOf(match.outputFlowId) });
    for (const miss of nearMisses) supply.nearMisses.push({ ...miss, output: await nameOf(miss.outputFlowId) });
    return supply;
  }
  const needs = network.flows.filter(({ direction }) => direction === "input").map(({ key }) => key);
  const supplies = new Map<string, Supply>();
  const waiting = [...needs];
  const work = async () => {
    for (let need = waiting.shift(); need; need = waiting.shift()) supplies.set(need, await findSupply(need));
  };
  await Promise.all(Array.from({ length: askedAtOnce }, work));
  return needs.map((need) => supplies.get(need)!);
}

/** A list's first page; nothing for a flow that its owner has taken away. */
async function list<Item>(api: ApiClient, path: string, key: string): Promise<Item[]> {
  try {
    return (await api.get<{ data: Item[] }>(path, key)).data;
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return [];
    throw error;
  }
}

/** The part of the answer that `npm start -- --json` promises. */
export function toJsonMainJob(supplies: readonly Supply[], deal: Deal | null) {
  return supplies.map(({ need, matches }) => ({
    need,
    ...(deal?.need === need && { room: toJsonRoom(deal) }),
    matches: matches.map(({ output, rank, score, low, high, distanceMeters }) => ({
      output,
      rank,
      score,
      low,
      high,
      distanceMeters,
    })),
  }));
}

function toJsonRoom({ matchId, round, log, agreementHash, report }: Deal) {
  return { matchId, round, events: log.length, agreementHash, verified: report.fault === null };
}
