import type { FlowId, OrganizationId } from "../../src/domain/ids.ts";
import type {
  NetworkExchange,
  NetworkFlow,
  NetworkLimits,
  NetworkMatch,
  NetworkMatchRecord,
  NetworkNoun,
  NetworkOrganization,
  NetworkRecord,
  NetworkSite,
  NetworkViewer,
  SightedFlow,
  Subnetwork,
} from "../../src/domain/network.ts";
import { cutToLimits, type GraphNode } from "../../src/stores/graph/cut.ts";
import type { GraphReads, LinkFilter, NetworkEntry, NetworkQuestion } from "../../src/stores/graph/port.ts";
import { createReads } from "../../src/stores/graph/reads.ts";

type Near = NetworkQuestion["near"];
type Link = { link: NetworkExchange | NetworkMatch; output: SightedFlow; input: SightedFlow };

/** The port's words as plainly as they can be said, over all records at once: what the adapters are compared with. */
export type GraphModel = GraphReads & {
  apply(entries: readonly NetworkEntry[]): Promise<void>;
  standing(): NetworkRecord[];
};

export function createGraphModel(): GraphModel {
  const entries = new Map<string, NetworkEntry>();

  const standing = () => [...entries.values()].filter((entry): entry is NetworkRecord => !("isGone" in entry));

  return {
    async apply(given) {
      for (const entry of given) {
        const key = `${entry.noun} ${entry.id}`;
        const held = entries.get(key);
        if (!held || held.version < entry.version) entries.set(key, entry);
      }
    },
    standing,
    ...createReads(async (viewer, start, question, limits) => {
      const sight = new Sight(standing(), viewer, question, question.near);
      const nodes = start === "everywhere" ? sight.allNodes() : sight.nodesAround(start.around, start.steps);
      return collect(sight, nodes, limits);
    }),
  };
}

/** What a viewer sees of the whole network. */
class Sight {
  readonly organizations: Map<string, NetworkOrganization>;
  readonly sites: Map<string, NetworkSite>;
  readonly flows: Map<FlowId, SightedFlow>;
  readonly links: Link[];
  readonly #viewer: NetworkViewer;
  readonly #filter: LinkFilter;
  readonly #near: Near;

  constructor(records: NetworkRecord[], viewer: NetworkViewer, filter: LinkFilter, near: Near) {
    const of = <Noun extends NetworkNoun>(noun: Noun) =>
      records.filter((record): record is Extract<NetworkRecord, { noun: Noun }> => record.noun === noun);
    this.#viewer = viewer;
    this.#filter = filter;
    this.#near = near;
    this.organizations = new Map(of("organization").map((organization) => [organization.id, organization]));
    this.sites = new Map(of("site").map((site) => [site.id, site]));
    const flows = of("flow");
    const owned = new Map(flows.map((flow) => [flow.id, flow.organizationId]));
    const opened = new Set<FlowId>();
    for (const link of [...of("match").filter(({ isOpen }) => isOpen), ...of("exchange")]) {
      if (owned.get(link.outputFlowId) === viewer?.organizationId) opened.add(link.inputFlowId);
      if (owned.get(link.inputFlowId) === viewer?.organizationId) opened.add(link.outputFlowId);
    }
    const byId = new Map(flows.map((flow) => [flow.id, flow]));
    const shown = new Set<FlowId>();
    for (const exchange of of("exchange")) {
      const [output, input] = [byId.get(exchange.outputFlowId), byId.get(exchange.inputFlowId)];
      if (output && input && this.#mayKnow(exchange, output, input)) shown.add(output.id).add(input.id);
    }
    const placed = flows.filter(({ siteId }) => !near || this.sites.has(siteId));
    this.flows = new Map(
      placed.map((flow) => {
        const isOpen = this.#isOpen(flow, opened);
        return [flow.id, { ...flow, isOpen, isNamed: isOpen || shown.has(flow.id) }];
      }),
    );
    this.links = [...of("exchange"), ...of("match")].flatMap((record) => this.#see(record));
  }

  #isOwn(flow: NetworkFlow): boolean {
    return this.#viewer === null || flow.organizationId === this.#viewer.organizationId;
  }

  #shares({ organizationId }: NetworkFlow): boolean {
    const programmeIds = this.organizations.get(organizationId)?.programmeIds ?? [];
    return this.#viewer === null || this.#viewer.programmeIds.some((id) => programmeIds.includes(id));
  }

  #facilitates({ organizationId }: NetworkFlow): boolean {
    const facilitatorIds = this.organizations.get(organizationId)?.facilitatorIds ?? [];
    return this.#viewer !== null && facilitatorIds.includes(this.#viewer.organizationId);
  }

  #isOpen(flow: NetworkFlow, opened: ReadonlySet<FlowId>): boolean {
    if (this.#isOwn(flow) || opened.has(flow.id)) return true;
    if (flow.status === "draft" || flow.visibility === "private") return false;
    return flow.visibility === "public" || this.#facilitates(flow);
  }

  /** Seen without a link. */
  isListed(flow: SightedFlow): boolean {
    const { kinds } = this.#filter;
    if ((kinds && !kinds.includes(flow.kind)) || !this.#isNear(flow)) return false;
    return flow.isOpen || (flow.visibility === "network" && flow.status !== "draft" && this.#shares(flow));
  }

  #isNear(flow: SightedFlow): boolean {
    if (!this.#near) return true;
    const { position, cell } = this.sites.get(flow.siteId)!;
    return haversineMeters(this.#near.center, flow.isOpen ? position : cell.center) <= this.#near.radiusMeters;
  }

  #see(record: NetworkExchange | NetworkMatchRecord): Link[] {
    const output = this.flows.get(record.outputFlowId);
    const input = this.flows.get(record.inputFlowId);
    if (!output || !input || !this.#isNear(output) || !this.#isNear(input)) return [];
    const { kinds, minScore } = this.#filter;
    if (kinds && !kinds.includes(output.kind)) return [];
    if (record.noun === "exchange")
      return this.#mayKnow(record, output, input) ? [{ link: record, output, input }] : [];
    const { outputView, inputView, othersView, ...match } = record;
    const isOwn = this.#isOwn(output) || this.#isOwn(input);
    if (!isOwn && !(output.isOpen && input.isOpen)) return [];
    const figures =
      this.#isOwn(output) && this.#isOwn(input)
        ? { score: match.score, value: match.value }
        : this.#isOwn(output)
          ? outputView
          : this.#isOwn(input)
            ? inputView
            : othersView;
    return figures.score >= (minScore ?? 0) ? [{ link: { ...match, ...figures }, output, input }] : [];
  }

  #mayKnow({ visibility }: NetworkExchange, output: NetworkFlow, input: NetworkFlow): boolean {
    if (this.#isOwn(output) || this.#isOwn(input) || visibility === "public") return true;
    if (visibility === "network" && this.#shares(output) && this.#shares(input)) return true;
    return this.#facilitates(output) && this.#facilitates(input);
  }

  nodesAround(starts: readonly OrganizationId[], steps: number): GraphNode[] {
    const isKnown = (id: OrganizationId) =>
      this.organizations.has(id) &&
      (this.#viewer === null ||
        this.#viewer.organizationId === id ||
        [...this.flows.values()].some((flow) => flow.organizationId === id && flow.isNamed));
    if (!starts.every(isKnown)) return [];
    let level = [...new Set(starts)].map((id) => `${id} named`);
    const nodes = new Set(level.sort());
    for (let step = 0; step < steps; step++) {
      const next = new Set<string>();
      for (const { output, input } of this.links) {
        if (level.includes(nodeOf(output))) next.add(nodeOf(input));
        if (level.includes(nodeOf(input))) next.add(nodeOf(output));
      }
      level = [...next].filter((node) => !nodes.has(node)).sort(namedFirst);
      for (const node of level) nodes.add(node);
    }
    return [...nodes].map(parseNode);
  }

  allNodes(): GraphNode[] {
    const nodes = new Set<string>();
    for (const flow of this.flows.values()) if (this.isListed(flow)) nodes.add(nodeOf(flow));
    for (const { output, input } of this.links) nodes.add(nodeOf(output)).add(nodeOf(input));
    return [...nodes].sort(namedFirst).map(parseNode);
  }
}

function collect(sight: Sight, nodes: GraphNode[], limits: NetworkLimits): Subnetwork {
  const kept = new Set(nodes.slice(0, limits.organizations).map((node) => nodeText(node)));
  const links = sight.links
    .filter(({ output, input }) => kept.has(nodeOf(output)) && kept.has(nodeOf(input)))
    .sort(byRank)
    .slice(0, limits.links + 1);
  const inOrder = <Record extends { id: string }>(records: Iterable<Record>) =>
    [...records].sort((one, other) => (one.id < other.id ? -1 : 1));
  return cutToLimits(
    {
      nodes,
      organizations: inOrder(sight.organizations.values()),
      links: links.map(({ link }) => link),
      ends: links.flatMap(({ output, input }) => [output, input]),
      listed: inOrder(sight.flows.values())
        .filter((flow) => kept.has(nodeOf(flow)) && sight.isListed(flow))
        .slice(0, limits.flows + 1),
      sites: inOrder(sight.sites.values()),
    },
    limits,
  );
}

const nodeOf = (flow: SightedFlow) => nodeText(flow);
const nodeText = ({ organizationId, isNamed }: GraphNode) => `${organizationId} ${isNamed ? "named" : "hidden"}`;
const parseNode = (text: string): GraphNode => ({
  organizationId: text.split(" ")[0] as OrganizationId,
  isNamed: text.endsWith(" named"),
});
const namedFirst = (one: string, other: string) => {
  const [a, b] = [parseNode(one), parseNode(other)];
  if (a.organizationId !== b.organizationId) return a.organizationId < b.organizationId ? -1 : 1;
  return Number(b.isNamed) - Number(a.isNamed);
};
const scoreOf = (link: NetworkExchange | NetworkMatch) => (link.noun === "match" ? link.score : 2);
const byRank = ({ link: one }: Link, { link: other }: Link) =>
  scoreOf(other) - scoreOf(one) || (one.id < other.id ? -1 : 1);

/** On a sphere of the Earth's mean radius (IUGG), as both adapters reckon it. */
function haversineMeters([lon1, lat1]: readonly [number, number], [lon2, lat2]: readonly [number, number]): number {
  const radians = Math.PI / 180;
  const a =
    Math.sin(((lat2 - lat1) * radians) / 2) ** 2 +
    Math.cos(lat1 * radians) * Math.cos(lat2 * radians) * Math.sin(((lon2 - lon1) * radians) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(a)));
}
