import type { Attempt, Ids } from "../attempts.ts";

const one = ({ webhookId }: Ids) => `/v1/webhooks/${webhookId}`;
const delivery = (ids: Ids) => `${one(ids)}/deliveries/${ids.deliveryId}`;

/** Of an organization's endpoints and what is sent to them. */
export const webhookAttempts: Record<string, Attempt> = {
  listWebhooks: {
    permission: "listWebhooks",
    foreign: "hidden",
    request: () => ({ path: "/v1/webhooks?limit=200" }),
  },
  createWebhook: {
    permission: "createWebhook",
    foreign: "own",
    request: () => ({
      path: "/v1/webhooks",
      body: { url: "https://erp.example/hooks", events: ["turash.match.*"], enabled: false },
    }),
  },
  getWebhook: { permission: "getWebhook", foreign: "missing", request: (ids) => ({ path: one(ids) }) },
  updateWebhook: {
    permission: "updateWebhook",
    foreign: "missing",
    request: (ids) => ({ path: one(ids), body: { description: "Renamed" } }),
  },
  deleteWebhook: {
    permission: "deleteWebhook",
    foreign: "missing",
    isLast: true,
    request: (ids) => ({ path: one(ids) }),
  },
  rotateWebhookSecret: {
    permission: "rotateWebhookSecret",
    foreign: "missing",
    request: (ids) => ({ path: `${one(ids)}/rotate-secret`, body: { overlapSeconds: 60 } }),
  },
  testWebhook: { permission: "testWebhook", foreign: "missing", request: (ids) => ({ path: `${one(ids)}/test` }) },
  listDeliveries: {
    permission: "listDeliveries",
    foreign: "missing",
    request: (ids) => ({ path: `${one(ids)}/deliveries` }),
  },
  getDelivery: { permission: "getDelivery", foreign: "missing", request: (ids) => ({ path: delivery(ids) }) },
  redeliver: {
    permission: "redeliver",
    foreign: "missing",
    request: (ids) => ({ path: `${delivery(ids)}/redeliver` }),
  },
  redeliverSince: {
    permission: "redeliver",
    foreign: "missing",
    request: (ids) => ({ path: `${one(ids)}/redeliver`, body: { since: new Date(Date.now() - 60_000).toISOString() } }),
  },
};
