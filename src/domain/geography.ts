import * as z from "zod";

/** GeoJSON position, WGS 84: [longitude, latitude] in degrees. */
export type Position = readonly [longitude: number, latitude: number];

export const maximumPolygonPoints = 1_000;
const minimumRingPoints = 4;
const maximumEdgeDegrees = 90;

export const positionSchema = z
  .tuple([
    z.number().min(-180, "longitude must be from -180 to 180").max(180, "longitude must be from -180 to 180"),
    z.number().min(-90, "latitude must be from -90 to 90").max(90, "latitude must be from -90 to 90"),
  ])
  .meta({
    description: "WGS 84 [longitude, latitude] in degrees",
    example: [11.08481, 55.66147],
    // Tools that know prefixItems and tools that know items only both read it right.
    items: { type: "number" },
    minItems: 2,
    maxItems: 2,
  });

export const pointSchema = z
  .strictObject({ type: z.literal("Point"), coordinates: positionSchema })
  .meta({ id: "Point", description: "GeoJSON Point" });

const ringSchema = z
  .array(positionSchema)
  .min(minimumRingPoints, "a ring needs at least four positions")
  .max(maximumPolygonPoints, `a ring has at most ${maximumPolygonPoints} positions`);

/** A GeoJSON Polygon whose rings are closed and cross neither themselves nor each other. */
export const polygonSchema = z
  .strictObject({ type: z.literal("Polygon"), coordinates: z.array(ringSchema).min(1).max(50) })
  .superRefine((polygon, context) => {
    const points = polygon.coordinates.reduce((sum, ring) => sum + ring.length, 0);
    if (points > maximumPolygonPoints)
      context.addIssue({
        code: "custom",
        path: ["coordinates"],
        message: `a polygon has at most ${maximumPolygonPoints} positions`,
      });
    for (const [index, ring] of polygon.coordinates.entries()) {
      const path = ["coordinates", index];
      // Said already, and too short to be asked more.
      if (ring.length < minimumRingPoints) continue;
      if (!isClosed(ring))
        context.addIssue({
          code: "custom",
          path,
          message: "the ring is not closed: its last position must repeat its first",
        });
      else if (hasLongEdge(ring))
        context.addIssue({
          code: "custom",
          path,
          message: `an edge spans ${maximumEdgeDegrees} degrees or more; cut the polygon at the antimeridian`,
        });
      else if (crossesItself(ring)) context.addIssue({ code: "custom", path, message: "the ring crosses itself" });
    }
  })
  .meta({ id: "Polygon", description: "GeoJSON Polygon: closed rings, at most 1,000 positions, none crossing itself" });

export type Point = z.infer<typeof pointSchema>;
export type Polygon = z.infer<typeof polygonSchema>;

/** Between antipodes there is no shortest way, and across the antimeridian none that is meant (RFC 7946, section 3.1.9). */
function hasLongEdge(ring: readonly Position[]): boolean {
  return ring.some((position, index) => {
    const next = ring[index + 1] ?? position;
    return position.some((degrees, axis) => Math.abs(degrees - next[axis]!) >= maximumEdgeDegrees);
  });
}

function isClosed(ring: readonly Position[]): boolean {
  const first = ring[0]!;
  const last = ring[ring.length - 1]!;
  return first[0] === last[0] && first[1] === last[1];
}

/**
 * Whether two edges of a closed ring meet anywhere but at their shared ends, found with a sweep over edges sorted by
 * their least longitude; the comparison is planar, as GeoJSON's edges are (RFC 7946, section 3.1.1).
 */
function crossesItself(ring: readonly Position[]): boolean {
  const count = ring.length - 1;
  const edges = Array.from({ length: count }, (_, index) => {
    const a = ring[index]!;
    const b = ring[index + 1]!;
    return { index, a, b, left: Math.min(a[0], b[0]), right: Math.max(a[0], b[0]) };
  }).sort((one, other) => one.left - other.left);
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i]!;
    if (edge.a[0] === edge.b[0] && edge.a[1] === edge.b[1]) return true;
    for (let j = i + 1; j < edges.length && edges[j]!.left <= edge.right; j++) {
      const other = edges[j]!;
      const step = Math.abs(edge.index - other.index);
      const adjacent = step === 1 || step === count - 1;
      if (adjacent ? foldsBack(edge, other) : meets(edge.a, edge.b, other.a, other.b)) return true;
    }
  }
  return false;
}

type Edge = { a: Position; b: Position };

/** Two edges that share one end overlap when they leave it in the same direction. */
function foldsBack(one: Edge, other: Edge): boolean {
  const [shared, first, second] = samePosition(one.b, other.a) ? [one.b, one.a, other.b] : [one.a, one.b, other.a];
  const cross = turn(shared, first, second);
  const dot = (first[0] - shared[0]) * (second[0] - shared[0]) + (first[1] - shared[1]) * (second[1] - shared[1]);
  return cross === 0 && dot > 0;
}

function samePosition(a: Position, b: Position): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function turn(a: Position, b: Position, c: Position): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function meets(a: Position, b: Position, c: Position, d: Position): boolean {
  const abc = Math.sign(turn(a, b, c));
  const abd = Math.sign(turn(a, b, d));
  const cda = Math.sign(turn(c, d, a));
  const cdb = Math.sign(turn(c, d, b));
  if (abc !== abd && cda !== cdb) return true;
  return (
    (abc === 0 && within(a, b, c)) ||
    (abd === 0 && within(a, b, d)) ||
    (cda === 0 && within(c, d, a)) ||
    (cdb === 0 && within(c, d, b))
  );
}

function within(a: Position, b: Position, point: Position): boolean {
  return (
    Math.min(a[0], b[0]) <= point[0] &&
    point[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= point[1] &&
    point[1] <= Math.max(a[1], b[1])
  );
}

/** Mean Earth radius (IUGG, 1980), in metres. */
export const earthRadiusMeters = 6_371_008.8;
const radiansPerDegree = Math.PI / 180;

/** Great-circle distance in metres by the haversine formula, on a sphere of the Earth's mean radius. */
export function distanceMeters(from: Position, to: Position): number {
  const latitude1 = from[1] * radiansPerDegree;
  const latitude2 = to[1] * radiansPerDegree;
  const halfLatitude = Math.sin((latitude2 - latitude1) / 2);
  const halfLongitude = Math.sin(((to[0] - from[0]) * radiansPerDegree) / 2);
  const h = halfLatitude * halfLatitude + Math.cos(latitude1) * Math.cos(latitude2) * halfLongitude * halfLongitude;
  return 2 * earthRadiusMeters * Math.asin(Math.min(1, Math.sqrt(h)));
}
