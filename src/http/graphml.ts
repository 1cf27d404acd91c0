import type { NamedInNetwork } from "../operations/networkSight.ts";

type Value = string | number | boolean | null;
type Attribute<Item> = { id: string; type: "string" | "double" | "boolean"; read(item: Item): Value };

type Party = NamedInNetwork["parties"][number];
type Link = NamedInNetwork["links"][number] & { outputGrade: string; inputGrade: string };

const partyAttributes: readonly Attribute<Party>[] = [
  { id: "name", type: "string", read: ({ name }) => name },
  { id: "hidden", type: "boolean", read: ({ pseudonym }) => pseudonym !== null },
  { id: "country", type: "string", read: ({ country }) => country },
  { id: "industry", type: "string", read: ({ industry }) => industry },
  { id: "longitude", type: "double", read: ({ places }) => places[0]?.position[0] ?? null },
  { id: "latitude", type: "double", read: ({ places }) => places[0]?.position[1] ?? null },
];

const linkAttributes: readonly Attribute<Link>[] = [
  { id: "type", type: "string", read: ({ type }) => type },
  { id: "kind", type: "string", read: ({ kind }) => kind },
  { id: "outputFlowId", type: "string", read: ({ outputFlowId }) => outputFlowId },
  { id: "inputFlowId", type: "string", read: ({ inputFlowId }) => inputFlowId },
  { id: "outputGrade", type: "string", read: ({ outputGrade }) => outputGrade },
  { id: "inputGrade", type: "string", read: ({ inputGrade }) => inputGrade },
  { id: "score", type: "double", read: ({ score }) => score },
  { id: "value", type: "double", read: ({ value }) => value },
  { id: "amount", type: "double", read: ({ quantity }) => quantity?.amount ?? null },
  { id: "unit", type: "string", read: ({ quantity }) => quantity?.unit ?? null },
  { id: "since", type: "string", read: ({ since }) => since },
];

/**
 * A network as GraphML 1.0 (http://graphml.graphdrawing.org/specification.html): a node for each party, a directed edge for each
 * link, several between the same two where there are; what is not known is left out. A party that has several places is put at
 * the first.
 */
export function writeGraphml({ parties, links, flows, truncated }: NamedInNetwork & { truncated: boolean }): string {
  const grades = new Map(flows.map(({ id, grade }) => [id, grade]));
  const gradeOf = (id: NamedInNetwork["flows"][number]["id"]) => grades.get(id) ?? "";
  const graded = links.map((link) => ({
    ...link,
    outputGrade: gradeOf(link.outputFlowId),
    inputGrade: gradeOf(link.inputFlowId),
  }));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">',
    '<key id="graph.truncated" for="graph" attr.name="truncated" attr.type="boolean"/>',
    ...declare("node", partyAttributes),
    ...declare("edge", linkAttributes),
    '<graph id="network" edgedefault="directed">',
    `<data key="graph.truncated">${truncated}</data>`,
    ...parties.map((party) => `<node id="${escapeXml(party.key)}">${fill("node", partyAttributes, party)}</node>`),
    ...graded.map(
      (link) =>
        `<edge id="${escapeXml(link.id)}" source="${escapeXml(link.from)}" target="${escapeXml(link.to)}">${fill("edge", linkAttributes, link)}</edge>`,
    ),
    "</graph>",
    "</graphml>",
    "",
  ].join("\n");
}

function declare<Item>(element: "node" | "edge", attributes: readonly Attribute<Item>[]): string[] {
  return attributes.map(
    ({ id, type }) => `<key id="${element}.${id}" for="${element}" attr.name="${id}" attr.type="${type}"/>`,
  );
}

function fill<Item>(element: "node" | "edge", attributes: readonly Attribute<Item>[], item: Item): string {
  return attributes
    .map(({ id, read }) => ({ id, value: read(item) }))
    .filter(({ value }) => value !== null)
    .map(({ id, value }) => `<data key="${element}.${id}">${escapeXml(String(value))}</data>`)
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // A reader would make spaces and single line ends of these.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Text for an element or an attribute. What XML 1.0 has no way to write becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")
    .replace(/[&<>"'\t\n\r]/g, (character) => entities[character]!);
}
