import type { Attempt, Ids } from "../attempts.ts";

const room = (ids: Ids) => `/v1/rooms/${ids.matchId}`;

/** Of match rooms: only the two sides, and whom they invite, know of them. */
export const roomAttempts: Record<string, Attempt> = {
  getRoom: { permission: "getRoom", foreign: "missing", request: (ids) => ({ path: room(ids) }) },
  listRoomEvents: {
    permission: "listRoomEvents",
    foreign: "missing",
    request: (ids) => ({ path: `${room(ids)}/events?after=0&limit=10` }),
  },
  createRoomTicket: {
    permission: "createRoomTicket",
    foreign: "missing",
    request: (ids) => ({ path: `${room(ids)}/tickets` }),
  },
  joinRoom: { permission: "joinRoom", foreign: "missing", request: (ids) => ({ path: `${room(ids)}/socket` }) },
  drainRooms: {
    permission: "drainRooms",
    foreign: "refused",
    request: () => ({ path: "/v1/operations/drain", body: { limit: 1 } }),
  },
};
