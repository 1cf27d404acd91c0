import * as z from "zod";
import { afterClose, closeCodes } from "./closeCodes.ts";
import {
  type CommandType,
  commandSchemas,
  ephemeralSchemas,
  helloSchema,
  type ServerFrameType,
  seenSchema,
  serverFrameSchemas,
} from "./protocol.ts";
import { maximumFrameBytes, pingText, pongText, roomProtocol } from "./wire.ts";

const commandSummaries: Record<CommandType, string> = {
  "chat.send": "Say something",
  "offer.propose": "Make an offer, in place of the side's open one",
  "offer.counter": "Answer the other side's open offer by another",
  "offer.suggest": "Suggest terms that bind nobody, as a facilitator may",
  "offer.accept": "Accept the other side's open offer, by its hash",
  "offer.reject": "Turn the other side's open offer down",
  "offer.retract": "Take the own side's open offer back",
  "terms.lock": "Settle a term as an offer says it, or unlock it",
  "read.mark": "Tell up to which event the member has read",
  "document.attach": "Show a document that was uploaded to the room",
  "member.invite": "Let a removed member of the own side, or an organization's facilitators, in",
  "member.remove": "Remove a member of the own side, or a facilitator",
  "room.close": "End the round without an agreement",
};

const sentSummaries: Record<ServerFrameType, string> = {
  welcome: "To hello: who the client is, and the room, or that the events after lastSeq follow",
  event: "Something happened: in order, each once",
  ack: "A command was decided; to a command that comes again, the first answer",
  error: "A command was refused or a frame was none; nothing came of it",
  presence: "Who is there; not kept",
  typing: "Somebody types, or has stopped; not kept",
  notice: "The service will close the socket: come back after the time it names",
};

const closings = Object.entries(closeCodes)
  .map(([name, { code, meaning }]) => `- ${code} \`${name}\` (${afterClose(code)}): ${meaning}`)
  .join("\n");

/** The room's WebSocket, as the AsyncAPI document tells of it. */
export const roomChannel = {
  address: "/v1/rooms/{matchId}/socket",
  title: "The room of a match",
  description: `A WebSocket with the subprotocol ${roomProtocol}: text frames of JSON, at most ${maximumFrameBytes} bytes. \`hello\` comes first. The text \`${pingText}\`, which is no frame, is answered by \`${pongText}\`. A command that was not answered is sent again after the next \`welcome\`, with the same clientMessageId.\n\nClose codes say what a client does: 4000-4099 stop, 4100-4199 back off, 4200-4299 reconnect now; after any other it backs off.\n\n${closings}`,
  parameters: { matchId: { description: "the match's id", examples: ["match_01jd7p3v2fe1k9wx5m7t8q4z6c"] } },
  query: z.object({
    ticket: z.string().optional().meta({
      description:
        "of POST /v1/rooms/{matchId}/tickets: for one connection, within 60 s; in place of an Authorization header",
    }),
  }),
  receives: {
    hello: { summary: "The first frame: the number of the last event that the client has", schema: helloSchema },
    seen: { summary: "How far the client has taken in what it was sent", schema: seenSchema },
    typing: { summary: "The member types, or has stopped", schema: ephemeralSchemas.typing },
    "presence.set": { summary: "Whether the member is at it", schema: ephemeralSchemas["presence.set"] },
    ...describe(commandSchemas, commandSummaries),
  },
  sends: describe(serverFrameSchemas, sentSummaries),
  replies: { to: Object.keys(commandSchemas), by: ["ack", "error"] },
};

function describe<Name extends string>(schemas: Record<Name, z.ZodType>, summaries: Record<Name, string>) {
  return Object.fromEntries(
    Object.entries<z.ZodType>(schemas).map(([name, schema]) => [name, { summary: summaries[name as Name], schema }]),
  );
}
