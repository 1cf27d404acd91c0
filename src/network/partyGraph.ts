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
  const keys = [...new Set([...parties, ...all.flatMap(({ from, to }) => [from, to])])].sort(compareKeys);
  const numbers = new Map(keys.map((key, number) => [key, number]));
  const supplied = keys.map(() => new Map<number, FlowLink>());
  const linked = keys.map(() => new Map<number, FlowLink>());
  const keepBest = (edges: Map<number, FlowLink>, party: number, link: FlowLink) => {
    const known = edges.get(party);
    if (!known || compareLinks(link, known) < 0) edges.set(party, link);
  };
  for (const link of all) {
    const [from, to] = [numbers.get(link.from)!, numbers.get(link.to)!];
    if (from === to) continue;
    keepBest(supplied[from]!, to, link);
    keepBest(linked[from]!, to, link);
    keepBest(linked[to]!, from, link);
  }
  return {
    keys,
    numberOf: (key) => numbers.get(key),
    supplied: supplied.map(sortEdges),
    linked: linked.map(sortEdges),
  };
}

function sortEdges(edges: ReadonlyMap<number, FlowLink>): Edge[] {
  return Array.from(edges, ([party, link]) => ({ party, link })).sort((one, other) => one.party - other.party);
}
