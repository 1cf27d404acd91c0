import type { Attempt } from "../attempts.ts";

/** Of what happened, which each organization sees of its own. */
export const eventAttempts: Record<string, Attempt> = {
  listEvents: { permission: "listEvents", foreign: "hidden", request: () => ({ path: "/v1/events?limit=200" }) },
  streamEvents: {
    permission: "streamEvents",
    foreign: "hidden",
    request: () => ({ path: "/v1/events/stream?from=oldest" }),
  },
  createEventTicket: {
    permission: "createEventTicket",
    foreign: "own",
    request: () => ({ path: "/v1/events/tickets" }),
  },
};
