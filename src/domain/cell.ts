import type { Position } from "./geography.ts";

/** The H3 cell (https://h3geo.org) that stands for a place until its owner lets the other side know the place itself. */
export type Cell = {
  /** H3 index, 15 hexadecimal digits. */
  id: string;
  center: Position;
  /** From the centre to the farthest corner. */
  radiusMeters: number;
};

/** Cells of about 5.2 km2. */
const resolution = 7;
/** No cell of this resolution reaches farther from its centre: 1,548 m is the most among 300,000 taken at random. */
export const maximumCellRadiusMeters = 1_600;

/** Loaded at the first call, for it takes 38 MB and only writes of sites need it; calls behind that wait for nothing. */
let h3: typeof import("h3-js") | null = null;

/** The cell of a position. */
export async function findCell([longitude, latitude]: Position): Promise<Cell> {
  h3 ??= await import("h3-js");
  const { greatCircleDistance } = h3;
  const id = h3.latLngToCell(latitude, longitude, resolution);
  const center = h3.cellToLatLng(id);
  const corners = h3.cellToBoundary(id).map((corner) => greatCircleDistance(center, corner, "m"));
  return { id, center: [center[1], center[0]], radiusMeters: Math.ceil(Math.max(...corners)) };
}
