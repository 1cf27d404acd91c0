import type { Attempt } from "../attempts.ts";
import { exchangeContent } from "../exchanges.ts";

/** Of exchanges: those of the walk's organization are proposals, of which nobody knows but the two sides. */
export const exchangeAttempts: Record<string, Attempt> = {
  listExchanges: {
    permission: "listExchanges",
    foreign: "hidden",
    request: () => ({ path: "/v1/exchanges?limit=200" }),
  },
  getExchange: {
    permission: "getExchange",
    foreign: "missing",
    request: ({ exchangeId }) => ({ path: `/v1/exchanges/${exchangeId}` }),
  },
  putExchange: {
    permission: "putExchange",
    foreign: "missing",
    request: ({ externalId, flowId, otherFlowId }) => ({
      path: `/v1/exchanges/by-external-id/${externalId}`,
      body: exchangeContent({ outputFlowId: flowId, inputFlowId: otherFlowId }),
    }),
  },
  updateExchange: {
    permission: "updateExchange",
    foreign: "missing",
    request: ({ exchangeId }) => ({ path: `/v1/exchanges/${exchangeId}`, body: { visibility: "network" } }),
  },
  advanceExchange: {
    permission: "advanceExchange",
    foreign: "missing",
    request: ({ exchangeId }) => ({
      path: `/v1/exchanges/${exchangeId}/advance`,
      body: { to: "failed", reason: "The pipe leaks" },
    }),
  },
};
