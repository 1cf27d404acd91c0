export { closeCodes } from "../rooms/closeCodes.ts";
export type { Participant, RoomEvent } from "../rooms/events.ts";
export { findLogFault, originOf } from "../rooms/log.ts";
export { type RoomOffer, type RoomState, replay } from "../rooms/state.ts";
export { type LossReason, RoomLost, RoomRefusal, TicketRefused } from "./errors.ts";
export type { RoomStatus } from "./link.ts";
export { RoomClient, type RoomClientOptions, type RoomCommand } from "./RoomClient.ts";
