import { type ConsumerName, consumerNames } from "../domain/consumer.ts";
import type { EventMessage } from "../domain/event.ts";

/** The binding of each consumer's queue, as wrangler.toml names it. Bare workerd has none of them. */
export const queueBindings = {
  graph: "GRAPH_QUEUE",
  matching: "MATCHING_QUEUE",
  feeds: "FEEDS_QUEUE",
  webhooks: "WEBHOOKS_QUEUE",
} as const satisfies Record<ConsumerName, string>;

/** Of a queue binding, what is used. */
export type EventQueue = {
  sendBatch(messages: { body: EventMessage; contentType: "json" }[]): Promise<unknown>;
};

export type EventQueues = Partial<Record<(typeof queueBindings)[ConsumerName], EventQueue | undefined>>;

/** Whose queue it is, and whether it is that of the messages that the consumer did not settle; null for a stranger's. */
export function readQueueName(name: string): { consumer: ConsumerName; isDead: boolean } | null {
  const [, word, dead] = /^turash-([a-z]+)(-dead)?$/.exec(name) ?? [];
  const consumer = consumerNames.find((known) => known === word);
  return consumer ? { consumer, isDead: dead !== undefined } : null;
}
