import type { Attempt, Ids } from "../attempts.ts";

/** Of the document that is tried. */
const sha256OfText = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1";
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
  getRoomDocument: {
    permission: "getRoomDocument",
    foreign: "missing",
    request: (ids) => ({ path: `${room(ids)}/documents/${sha256OfText}` }),
  },
  putRoomDocument: {
    permission: "putRoomDocument",
    foreign: "missing",
    request: (ids) => ({
      path: `${room(ids)}/documents/${sha256OfText}?name=analysis.txt`,
      rawBody: "text",
      headers: { "content-type": "text/plain" },
    }),
  },
  drainRooms: {
    permission: "drainRooms",
    foreign: "refused",
    request: () => ({ path: "/v1/operations/drain", body: { limit: 1 } }),
  },
};
