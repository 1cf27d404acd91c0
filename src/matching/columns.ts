/** A property as an interval whose ends are uncertain, in coherent units; infinite where open. */
export type PropertyColumns = {
  /** Of party `i`: the entries from `start[i]` to `start[i + 1]`, ascending by `name`. */
  start: Int32Array;
  /** Interned name and dimension. */
  name: Int32Array;
  dimension: Int32Array;
  /** The stated minimum at both ends of its uncertainty, and the maximum. */
  minimumLow: Float64Array;
  minimumHigh: Float64Array;
  maximumLow: Float64Array;
  maximumHigh: Float64Array;
};

/**
 * Parties as flat columns: index `i` of each is party `i`. Amounts are canonical (kg, m3, MJ, h, ...), per year or once;
 * money is EUR for one canonical unit of the party's own dimension; NaN stands for "not stated".
 */
export type Columns = {
  count: number;
  /** Position on the unit sphere. */
  x: Float64Array;
  y: Float64Array;
  z: Float64Array;
  /** How far the true place can lie from there; 0 for one that is known exactly. */
  radiusMeters: Float64Array;
  ownLimitMeters: Float64Array;
  grade: Int32Array;
  /** EWC code as a number, -1 where there is none; HS code as text. */
  ewc: Int32Array;
  hs: (string | null)[];
  dimension: Uint8Array;
  isYearly: Uint8Array;
  /** What agreements have left, at the ends of its uncertainty. */
  amountLow: Float64Array;
  amount: Float64Array;
  amountHigh: Float64Array;
  minimumLot: Float64Array;
  /** Canonical units of each dimension that one of the party's own makes; NaN where nothing leads there. */
  unitsPerOwn: Float64Array;
  calendar: Int32Array;
  hours: Float64Array;
  /** Mean power over the open hours, for energy; else 0. */
  megawatts: Float64Array;
  properties: PropertyColumns;
  /** Kelvin; NaN where not stated. */
  temperatureLow: Float64Array;
  temperature: Float64Array;
  temperatureHigh: Float64Array;
  returnTemperatureLow: Float64Array;
  returnTemperature: Float64Array;
  returnTemperatureHigh: Float64Array;
  organization: Int32Array;
  allowsOwn: Uint8Array;
  blockedStart: Int32Array;
  blocked: Int32Array;
  country: Int32Array;
  wasteClass: Uint8Array;
  waste: Int32Array;
  permitsHeld: Int32Array;
  permitsRequired: Int32Array;
  /** How many permits are required, and how many held. */
  requiredCount: Int32Array;
  heldCount: Int32Array;
  price: Float64Array;
  /** 1 where the figure is the party's own and not its grade's. */
  statesVirgin: Uint8Array;
  statesDisposal: Uint8Array;
  virginLow: Float64Array;
  virgin: Float64Array;
  virginHigh: Float64Array;
  disposalLow: Float64Array;
  disposal: Float64Array;
  disposalHigh: Float64Array;
  treatment: Float64Array;
  floor: Float64Array;
  trust: Float64Array;
};

export function allocateColumns(
  count: number,
  propertyCount: number,
  blockedCount: number,
  dimensionCount: number,
): Columns {
  const floats = () => new Float64Array(count);
  const unstated = () => new Float64Array(count).fill(Number.NaN);
  const integers = () => new Int32Array(count);
  const bytes = () => new Uint8Array(count);
  return {
    count,
    x: floats(),
    y: floats(),
    z: floats(),
    radiusMeters: floats(),
    ownLimitMeters: floats(),
    grade: integers(),
    ewc: integers(),
    hs: new Array<string | null>(count).fill(null),
    dimension: bytes(),
    isYearly: bytes(),
    amountLow: floats(),
    amount: floats(),
    amountHigh: floats(),
    minimumLot: floats(),
    unitsPerOwn: new Float64Array(count * dimensionCount).fill(Number.NaN),
    calendar: integers(),
    hours: floats(),
    megawatts: floats(),
    properties: {
      start: new Int32Array(count + 1),
      name: new Int32Array(propertyCount),
      dimension: new Int32Array(propertyCount),
      minimumLow: new Float64Array(propertyCount),
      minimumHigh: new Float64Array(propertyCount),
      maximumLow: new Float64Array(propertyCount),
      maximumHigh: new Float64Array(propertyCount),
    },
    temperatureLow: unstated(),
    temperature: unstated(),
    temperatureHigh: unstated(),
    returnTemperatureLow: unstated(),
    returnTemperature: unstated(),
    returnTemperatureHigh: unstated(),
    organization: integers(),
    allowsOwn: bytes(),
    blockedStart: new Int32Array(count + 1),
    blocked: new Int32Array(blockedCount),
    country: integers(),
    wasteClass: bytes(),
    waste: integers(),
    permitsHeld: integers(),
    permitsRequired: integers(),
    requiredCount: integers(),
    heldCount: integers(),
    price: unstated(),
    statesVirgin: bytes(),
    statesDisposal: bytes(),
    virginLow: unstated(),
    virgin: unstated(),
    virginHigh: unstated(),
    disposalLow: floats(),
    disposal: floats(),
    disposalHigh: floats(),
    treatment: floats(),
    floor: floats(),
    trust: floats(),
  };
}
