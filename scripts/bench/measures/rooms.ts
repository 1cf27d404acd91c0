import type { Figure } from "../figures.ts";
import { insertRooms } from "../rooms/roomRows.ts";
import type { Stage } from "../stage.ts";
import { measureDurable } from "./roomsDurable.ts";
import { measureFanOuts } from "./roomsFanOut.ts";
import { measureMemoryAndResume } from "./roomsResume.ts";

/** Match rooms: what they keep, what they pass on, what they hold, and how soon they are back. */
export async function measureRooms(stage: Stage): Promise<Figure[]> {
  const count = stage.isQuick ? 60 : 2_500;
  stage.progress(`Writing ${count.toLocaleString("en-US")} matches whose rooms are open ...`);
  const rooms = await insertRooms(stage.database, count, stage.pepper);
  return [
    ...(await measureDurable(stage, rooms)),
    ...(await measureFanOuts(stage, rooms)),
    ...(await measureMemoryAndResume(stage, rooms)),
  ];
}
