/** Spellings that people write, by lower case, with what UCUM writes. */
const spellings = new Map<string, string>(
  `
  a: y yr yrs year years annum pa p.a
  mo: month months mth
  wk: week weeks
  d: day days
  h: hr hrs hour hours std
  min: mins minute minutes
  s: sec secs second seconds
  t: ton tons tonne tonnes tn te mton metricton metrictons metrictonne metrictonnes to
  kt: kiloton kilotons kilotonne kilotonnes kton ktons ktonne
  Mt: megatonne megatonnes
  kg: kg kgs kilo kilos kilogram kilograms kilogramme
  g: gram grams gramme gm
  mg: mg milligram milligrams
  ug: mcg
  L: liter liters litre litres ltr ltrs
  hL: hl hectolitre hectolitres
  mL: ml millilitre millilitres
  m3: cbm cum qm3 m3 nm3 sm3 scm ncm nm³
  m2: sqm qm
  har: ha hectare hectares
  km: km kilometre kilometres kilometer kilometers
  mm: mm millimetre millimetres
  m: metre metres meter meters
  t.km: tkm tonkm tonnekm tonnekilometre tonnekilometres
  W.h: wh
  kW.h: kwh kwhr
  MW.h: mwh
  GW.h: gwh
  TW.h: twh
  kW: kw kwth kwel kwe
  MW: mw mwth mwel mwe
  GW: gw
  J: joule joules
  kJ: kj
  MJ: mj
  GJ: gj
  TJ: tj
  kcal: kilocalorie kilocalories
  [Btu_IT]: btu
  10*6.[Btu_IT]: mmbtu
  10*5.[Btu_IT]: therm therms
  [HP]: hp horsepower
  kV.A: kva
  MV.A: mva
  Cel: °c degc deg_c celsius ºc degcelsius
  [degF]: °f degf fahrenheit ºf
  K: °k kelvin kelvins degk
  bar: bar(a) bara bars
  mbar: mbara
  Pa: pascal pascals
  kPa: kpa
  MPa: mpa
  [psi]: psi psia
  mm[Hg]: mmhg
  [ppm]: ppm ppmv ppmw
  [ppb]: ppb ppbv
  %: percent pct vol% wt% vol-% %vol %wt %(v/v) %(w/w)
  [lb_av]: lb lbs pound pounds
  [oz_av]: oz ounce ounces
  [ston_av]: shortton
  [ft_i]: ft foot feet
  [in_i]: in inch inches
  [mi_i]: mi mile miles
  [gal_us]: gal gallon gallons usg
  [bbl_us]: bbl bbls barrel barrels
  [cft_i]: cf cuft scf ft3
  [acr_us]: acre acres
  /min: rpm
  {pieces}: pcs pc piece pieces unit units item items each ea stk st. nos
  {people}: person persons people fte
  {trips}: trip trips
  {pallets}: pallet pallets
  [pH]: ph
  `
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [code, wrong] = line.trim().split(": ") as [string, string];
      return wrong.split(" ").map((spelling) => [spelling, code] as const);
    }),
);

/** What belongs elsewhere in a flow, or is no unit at all. */
const misplaced: readonly [RegExp, string][] = [
  [
    /^(eur|usd|gbp|dkk|sek|nok|chf|pln|euros?|€|\$|£)(\/|$)/i,
    "a currency belongs in a price, and its unit is what the price is per",
  ],
  [
    /^(bar\(g\)|barg|barü|mbarg|psig|kpag|mpag)$/i,
    "write bar, and the absolute pressure: gauge pressure and 1.01325 bar",
  ],
  [/^toe\b/i, "a tonne of oil equivalent is 41.868 GJ; give the amount in GJ"],
  [/^tce\b/i, "a tonne of coal equivalent is 29.3076 GJ; give the amount in GJ"],
  [/^t?co2(-?eq?)?\b/i, "name the substance by kind and grade, and write the amount in t or kg"],
];

/**
 * How to put right a code that is not UCUM: a clause such as `write kW.h`, or null. `isUnit` says whether a candidate is
 * UCUM, so that nothing wrong is ever advised.
 */
export function suggestUnit(code: string, isUnit: (candidate: string) => boolean): string | null {
  const lower = code.trim().toLowerCase();
  const elsewhere = misplaced.find(([pattern]) => pattern.test(lower));
  if (elsewhere) return elsewhere[1];
  const direct = spellings.get(lower);
  if (direct !== undefined && isUnit(direct)) return `write ${direct}`;
  const candidate = respell(code, isUnit);
  return isUnit(candidate) ? `write ${candidate}` : null;
}

function respell(code: string, isUnit: (candidate: string) => boolean): string {
  const plain = code
    .trim()
    .replaceAll(/[µμ]/g, "u")
    .normalize("NFKC")
    .replaceAll("⁻", "-")
    .replaceAll(/\s+per\s+/gi, "/")
    .replaceAll(/\s*([./])\s*/g, "$1")
    .replaceAll(/\s*[·×⋅]\s*/g, ".")
    .replaceAll(/(?<=[a-zA-Z\]])(\^|\*\*)(?=[-+]?\d)/g, "")
    .replaceAll(/(?<=[a-zA-Z\]])\s*\*\s*(?=[a-zA-Z[])/g, ".")
    .replaceAll(/(?<=[a-zA-Z\]\d])\s+(?=[a-zA-Z[])/g, ".");
  return plain
    .split(/([./]|\{[^}]*\})/)
    .map((token) => respellToken(token, isUnit))
    .join("");
}

/** One factor between operators: as it stands if UCUM knows it, else by the table, whole or without its exponent. */
function respellToken(token: string, isUnit: (candidate: string) => boolean): string {
  if (token === "" || token === "." || token === "/" || isUnit(token)) return token;
  const whole = spellings.get(token.toLowerCase());
  if (whole !== undefined) return whole;
  const [, symbol, exponent] = /^(.*?)([-+]?\d{1,2})$/.exec(token) ?? [];
  const known = symbol === undefined ? undefined : spellings.get(symbol.toLowerCase());
  return known === undefined ? token : `${known}${exponent}`;
}
