/** Who must have dealt with every event. Each has a queue of its own, so that none waits for another. */
export const consumerNames = ["graph", "matching", "feeds", "webhooks"] as const;
export type ConsumerName = (typeof consumerNames)[number];
