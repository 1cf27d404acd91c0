import type * as z from "zod";
import { type JsonSchema, SchemaComponents } from "./components.ts";

/** One kind of message that passes through a channel. */
export type MessageDescription = {
  summary: string;
  /** Of its payload. */
  schema: z.ZodType | ((components: SchemaComponents) => JsonSchema);
  headers?: z.ZodType;
  contentType?: string;
};

/** Where messages pass, as whoever serves it describes it; `receives` is what this service takes, `sends` what it gives. */
export type ChannelDescription = {
  /** Path at this service; null where others say where it is. */
  address: string | null;
  title: string;
  description: string;
  /** By name, the description of each part of the path that is in braces. */
  parameters?: Record<string, { description: string; examples: string[] }>;
  /** Of a WebSocket: the parameters with which it is opened. */
  query?: z.ZodType;
  receives: Record<string, MessageDescription>;
  sends: Record<string, MessageDescription>;
  /** Of what is received, what is answered and by which messages. */
  replies?: { to: readonly string[]; by: readonly string[] };
};

const credential = {
  type: "http",
  scheme: "bearer",
  description:
    "An API key, or a JWT of the OpenID provider that the operator configured; a ticket where no header can be sent",
};

type Reference = { $ref: string };

/** An AsyncAPI 3 document of channels, by their names. */
export function describeChannels(
  info: { title: string; version: string; description: string },
  channels: Record<string, ChannelDescription>,
) {
  const components = new SchemaComponents();
  const described = Object.entries(channels).map(([name, channel]) => describeChannel(name, channel, components));
  return {
    asyncapi: "3.1.0",
    info: { ...info, license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" } },
    defaultContentType: "application/json",
    servers: {
      deployment: {
        host: "{host}",
        protocol: "wss",
        description: "This deployment; ws where it is served without TLS",
        security: [{ $ref: "#/components/securitySchemes/credential" }],
        variables: { host: { default: "127.0.0.1:8787", description: "where this document was read" } },
      },
    },
    channels: Object.fromEntries(described.map(({ name, channel }) => [name, channel])),
    operations: Object.assign({}, ...described.map(({ operations }) => operations)),
    components: { schemas: components.schemas, securitySchemes: { credential } },
  };
}

function describeChannel(name: string, description: ChannelDescription, components: SchemaComponents) {
  const { address, title, parameters, query, receives, sends, replies } = description;
  /** What is named alike in both directions are two messages. */
  const keyOfSent = (key: string) => (key in receives ? `${key}.sent` : key);
  const messages = Object.fromEntries([
    ...Object.entries(receives).map(([key, message]) => [key, describeMessage(key, message, "input", components)]),
    ...Object.entries(sends).map(([key, message]) => [
      keyOfSent(key),
      describeMessage(key, message, "output", components),
    ]),
  ]);
  const refer = (keys: readonly string[]): Reference[] =>
    keys.map((key) => ({ $ref: `#/channels/${name}/messages/${key}` }));
  const channel = { $ref: `#/channels/${name}` };
  const received = Object.keys(receives);
  const unanswered = received.filter((key) => !replies?.to.includes(key));
  const operations = {
    ...(unanswered.length > 0 && {
      [`${name}.receive`]: { action: "receive", channel, summary: `What a client sends`, messages: refer(unanswered) },
    }),
    ...(replies && {
      [`${name}.command`]: {
        action: "receive",
        channel,
        summary: "What a client sends and gets an answer to",
        messages: refer(replies.to),
        reply: { channel, messages: refer(replies.by) },
      },
    }),
    [`${name}.send`]: {
      action: "send",
      channel,
      summary: "What is sent",
      messages: refer(Object.keys(sends).map(keyOfSent)),
    },
  };
  return {
    name,
    operations,
    channel: {
      address,
      title,
      description: description.description,
      ...(address !== null && { servers: [{ $ref: "#/servers/deployment" }] }),
      ...(parameters && { parameters }),
      ...(query && { bindings: { ws: { method: "GET", query: components.describe(query, "input") } } }),
      messages,
    },
  };
}

function describeMessage(
  name: string,
  { summary, schema, headers, contentType }: MessageDescription,
  io: "input" | "output",
  components: SchemaComponents,
) {
  return {
    name,
    title: name,
    summary,
    ...(contentType !== undefined && { contentType }),
    ...(headers && { headers: components.describe(headers, io) }),
    payload: typeof schema === "function" ? schema(components) : components.describe(schema, io),
  };
}
