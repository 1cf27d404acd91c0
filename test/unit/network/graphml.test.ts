import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { writeGraphml } from "../../../src/http/graphml.ts";
import type { NamedInNetwork } from "../../../src/operations/networkSight.ts";
import { createLinks } from "../../support/flowLinks.ts";

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => ["node", "edge", "data", "key"].includes(name),
});

type Data = { key: string; "#text": string };
type Parsed = { id: string; source?: string; target?: string; data: Data[] };

function parse(text: string) {
  expect(XMLValidator.validate(text)).toBe(true);
  const { graphml } = parser.parse(text);
  const valuesOf = ({ data }: Parsed) => Object.fromEntries(data.map((each) => [each.key, each["#text"]]));
  return {
    keys: graphml.key as { id: string; for: string; "attr.name": string; "attr.type": string }[],
    truncated: graphml.graph.data[0]["#text"] as string,
    nodes: ((graphml.graph.node ?? []) as Parsed[]).map((node) => ({ id: node.id, values: valuesOf(node) })),
    edges: ((graphml.graph.edge ?? []) as Parsed[]).map((edge) => ({
      id: edge.id,
      source: edge.source,
      target: edge.target,
      values: valuesOf(edge),
    })),
  };
}

function partyNamed(key: string, name: string | null): NamedInNetwork["parties"][number] {
  return {
    key,
    organizationId: null,
    pseudonym: name === null ? key : null,
    name,
    country: "DK",
    industry: null,
    places: [{ siteId: null, name: null, cell: "871f05833ffffff", position: [11.08, 55.66] }],
  };
}

/** What XML 1.0 can hold (section 2.2); the rest of Unicode has no way to be written. */
const writable = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

describe("the network as GraphML", () => {
  it("gives every name back as it is to whoever parses it", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom("<&>\"'", "]]>", "a\r\nb\tc", "&amp;", "<!-- -->", "Ærø\u{1f525}"),
    );
    fc.assert(
      fc.property(
        name.filter((text) => writable.test(text) && text !== ""),
        (text) => {
          const { nodes } = parse(
            writeGraphml({ parties: [partyNamed("a", text)], flows: [], links: [], truncated: false }),
          );
          // The parser, unlike XML, makes line ends of what was written as references; both are compared as one.
          const unfold = (value: string) => value.replace(/\r\n?/g, "\n");
          expect(unfold(decode(nodes[0]!.values["node.name"]!))).toBe(unfold(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is well formed whatever characters a name has, those that XML cannot write being replaced", () => {
    const anything = fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(anything, (text) => {
        const written = writeGraphml({ parties: [partyNamed("a", text)], flows: [], links: [], truncated: false });
        expect(writable.test(written)).toBe(true);
        expect(XMLValidator.validate(written)).toBe(true);
      }),
      { numRuns: 500 },
    );
    const written = writeGraphml({
      parties: [partyNamed("a", "x\u0001\ud800y")],
      flows: [],
      links: [],
      truncated: false,
    });
    expect(written).toContain(">x\uFFFD\uFFFDy<");
  });

  it("has a node for each party, an edge for each link, and a declaration for each attribute that is used", () => {
    const links = createLinks([
      { from: "a", to: "b", score: 0.75, value: 1_200.5 },
      { from: "a", to: "b", type: "exchange" },
    ]).map((link) => ({
      ...link,
      quantity: link.type === "exchange" ? { amount: 5, unit: "t/a" } : null,
      since: link.type === "exchange" ? "2024-05-01" : null,
    }));
    const flows = links.map(({ outputFlowId: id }) => ({
      id,
      owner: "a",
      direction: "output" as const,
      kind: "heat" as const,
      grade: "district_heat",
      title: null,
    }));
    const parties = [partyNamed("a", "Works"), partyNamed("anon_1", null), partyNamed("b", "Town")];
    const found = parse(writeGraphml({ parties, flows, links, truncated: true }));
    expect(found.truncated).toBe("true");
    expect(found.nodes.map(({ id }) => id)).toEqual(["a", "anon_1", "b"]);
    expect(found.nodes[1]!.values).toEqual({
      "node.hidden": "true",
      "node.country": "DK",
      "node.longitude": "11.08",
      "node.latitude": "55.66",
    });
    expect(found.edges.map(({ id, source, target }) => [id, source, target])).toEqual(
      links.map(({ id }) => [id, "a", "b"]),
    );
    expect(found.edges[0]!.values).toMatchObject({
      "edge.score": "0.75",
      "edge.value": "1200.5",
      "edge.type": "match",
    });
    expect(found.edges[1]!.values).toMatchObject({
      "edge.amount": "5",
      "edge.unit": "t/a",
      "edge.since": "2024-05-01",
    });
    const declared = new Set(found.keys.map(({ id }) => id));
    for (const { values } of [...found.nodes, ...found.edges])
      for (const key of Object.keys(values)) expect(declared.has(key), key).toBe(true);
    for (const { id, for: element, "attr.name": name } of found.keys) expect(id).toBe(`${element}.${name}`);
  });
});

/** Character references in decimal, which the parser leaves as they are. */
function decode(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}
