import * as z from "zod";
import { idSchema } from "../../domain/ids.ts";
import { roomEventSchema } from "../../rooms/events.ts";
import { roomStateSchema } from "../../rooms/stateSchema.ts";
import { timestampSchema } from "./answers.ts";

const place = {
  matchId: idSchema("match"),
  epoch: z
    .string()
    .meta({ description: "of the room's log; where it is another, what a client has is of another log" }),
  head: z.int().positive().meta({ description: "number of the last event" }),
  firstSeq: z.int().positive().meta({ description: "number of the first event that is still kept" }),
};

export const roomSchema = z
  .object({
    ...place,
    state: roomStateSchema,
    awakeSince: timestampSchema.meta({
      description: "since when the room is in memory; it sleeps while nothing happens, and its sockets stay",
    }),
  })
  .meta({ id: "Room" });

export const roomLogSchema = z
  .object({
    ...place,
    data: z.array(roomEventSchema),
    nextAfter: z
      .int()
      .positive()
      .nullable()
      .meta({ description: "`after` of the next page; null where this one ends with the last event" }),
  })
  .meta({ id: "RoomLog", description: "events in order, each with the hash of the one before" });

export const roomTicketSchema = z
  .object({
    ticket: z.string().meta({ description: "for `?ticket=` of one socket", example: "turash_ticket_room_..." }),
    expiresAt: timestampSchema,
  })
  .meta({ id: "RoomTicket" });

export const drainedSchema = z
  .object({
    rooms: z.int().nonnegative().meta({ description: "that were asked" }),
    sockets: z.int().nonnegative().meta({ description: "that were told and closed" }),
    next: idSchema("match")
      .nullable()
      .meta({ description: "`after` of the next call; null where these were the last" }),
  })
  .meta({ id: "DrainedRooms" });
