/** The subprotocol that both ends name when they open a room's socket. */
export const roomProtocol = "turash.room.v1";

/** A client that wants to know whether its connection lives sends this text; it is no frame, and is answered while the room sleeps. */
export const pingText = "ping";
export const pongText = "pong";

/** A frame is text, JSON, and at most this long in UTF-8. */
export const maximumFrameBytes = 65_536;
