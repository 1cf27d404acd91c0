import { roomProtocol } from "./wire.ts";

/**
 * What a client does when its socket closes. `stop`: it does not come back with what it has. `back_off`: it comes back after a
 * while, and later each time. `reconnect_now`: it comes back at once.
 */
export type AfterClose = "stop" | "back_off" | "reconnect_now";

type CloseCode = { code: number; meaning: string };

/**
 * Why a room closes a socket, by name; names are the close frame's reason. A code's hundred says what a client does, so that it can
 * heed those that it does not know.
 */
export const closeCodes = {
  bad_protocol: { code: 4000, meaning: `The client does not speak ${roomProtocol}.` },
  access_ended: {
    code: 4001,
    meaning: "The member was removed from the room, or the credential that fetched the ticket no longer holds.",
  },
  frame_too_large: { code: 4002, meaning: "A frame had more bytes than a frame may have." },
  binary_frame: { code: 4003, meaning: "A frame was binary; frames are text." },
  too_many_frames: {
    code: 4004,
    meaning: "The client went on sending after it was told to slow down.",
  },
  room_gone: { code: 4005, meaning: "The room is no longer there." },
  seq_in_the_future: {
    code: 4006,
    meaning: "`lastSeq` is beyond the room's last event: forget what you have, and come anew without it.",
  },
  slow_reader: { code: 4100, meaning: "The client left too much of what it was sent unread." },
  unavailable: { code: 4101, meaning: "The room cannot serve for the moment." },
  too_many_sockets: {
    code: 4102,
    meaning:
      "The member has as many sockets open as one may have, or its organization as many sockets or participants.",
  },
  hello_late: { code: 4103, meaning: "No `hello` came in time." },
  draining: { code: 4200, meaning: "The service makes way for a new version of itself." },
  session_over: {
    code: 4201,
    meaning: "The socket has been open for as long as one may; come with a new ticket.",
  },
  silent: { code: 4202, meaning: "Nothing was heard from the client for too long." },
} as const satisfies Record<string, CloseCode>;

export type CloseName = keyof typeof closeCodes;

/** What a client does after a close, by the range of its code; whatever is of none (1001, 1006, 1011, 1012) is a connection lost. */
export function afterClose(code: number): AfterClose {
  if (code >= 4000 && code <= 4099) return "stop";
  if (code >= 4200 && code <= 4299) return "reconnect_now";
  return "back_off";
}
