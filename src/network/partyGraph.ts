import { compareKeys, compareLinks, type FlowLink, type PartyKey } from "./flowLinks.ts";

/** The way from one party to another, by the likeliest of all links between the two. */
export type Edge = { party: number; link: FlowLink };

/** Who is linked with whom: parties are numbered in the order of their keys, so that numbers sort as keys do. */
export type PartyGraph = {
  keys: readonly PartyKey[];
  numberOf(key: PartyKey): number | undefined;
  /** By party, those that it supplies, by number. */
  supplied: readonly (readonly Edge[])[];
  /** By party, those that it supplies or is supplied by, by number. */
  linked: readonly (readonly Edge[])[];
};

/** Parties and the links between them; a party that only a link names is there too. */
export function createPartyGraph(parties: Iterable<PartyKey>, links: Iterable<FlowLink>): PartyGraph {
  const all = [...links];
  const named = new Set(parties);
  for (const { from, to } of all) named.add(from).add(to);
  const keys = [...named].sort(compareKeys);
  const numbers = new Map(keys.map((key, number) => [key, number]));
  const supplied: Edge[][] = keys.map(() => []);
  const linked: Edge[][] = keys.map(() => []);
  for (const link of all) {
    const [from, to] = [numbers.get(link.from)!, numbers.get(link.to)!];
    if (from === to) continue;
    supplied[from]!.push({ party: to, link });
    linked[from]!.push({ party: to, link });
    linked[to]!.push({ party: from, link });
  }
  return {
    keys,
    numberOf: (key) => numbers.get(key),
    supplied: supplied.map(keepBest),
    linked: linked.map(keepBest),
  };
}

/** One edge to each party, by number. */
function keepBest(edges: Edge[]): Edge[] {
  if (edges.length < 2) return edges;
  edges.sort((one, other) => one.party - other.party || compareLinks(one.link, other.link));
  return edges.filter(({ party }, index) => party !== edges[index - 1]?.party);
}
