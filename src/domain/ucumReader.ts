import { findAtom } from "./ucumAtoms.ts";

export type UnitFailureReason =
  | "unknown_unit"
  | "malformed_unit"
  | "unit_too_long"
  | "unit_too_deep"
  | "unit_out_of_range"
  | "bad_annotation"
  | "scale_not_alone";

export const maximumUnitLength = 64;
const maximumNesting = 8;

/** Exponents of m, s, kg, rad, K, C and cd. */
export type Exponents = readonly number[];
const timeIndex = 1;

export type UnitReading = {
  ok: true;
  factor: number;
  exponents: Exponents;
  offset: number | null;
  hasTimeAbove: boolean;
  hasTimeBelow: boolean;
};

/** For `unknown_unit` the message is the symbol that nothing is known of; else a clause or a sentence. */
export type UnitRefusal = { ok: false; reason: UnitFailureReason; message: string };

type Reader = {
  text: string;
  at: number;
  depth: number;
  factor: number;
  exponents: number[];
  /** Units and numbers multiplied so far. */
  components: number;
  offset: number | null;
  hasTimeAbove: boolean;
  hasTimeBelow: boolean;
};

/** Reads a whole code by recursive descent, in time proportional to its length. */
export function readUnit(code: string): UnitReading | UnitRefusal {
  if (code.length > maximumUnitLength)
    return refuse("unit_too_long", `A unit has at most ${maximumUnitLength} characters; this has ${code.length}.`);
  const reader: Reader = {
    text: code,
    at: 0,
    depth: 0,
    factor: 1,
    exponents: [0, 0, 0, 0, 0, 0, 0],
    components: 0,
    offset: null,
    hasTimeAbove: false,
    hasTimeBelow: false,
  };
  const refusal = readTerm(reader, 1, true) ?? finish(reader);
  if (refusal) return refusal;
  const { factor, exponents, offset, hasTimeAbove, hasTimeBelow } = reader;
  return { ok: true, factor, exponents, offset, hasTimeAbove, hasTimeBelow };
}

function finish(reader: Reader): UnitRefusal | null {
  if (reader.at < reader.text.length)
    return malformed(`"${quoteUnit(reader.text[reader.at]!)}" at position ${reader.at + 1} closes nothing`);
  if (reader.offset !== null && reader.components > 1)
    return refuse(
      "scale_not_alone",
      "Cel, [degF] and [pH] are scales with a zero of their own and stand alone; write K for a difference of temperature.",
    );
  if (!(reader.factor > 1e-200 && reader.factor < 1e200))
    return refuse("unit_out_of_range", "The unit is too large, too small or zero.");
  return null;
}

/** term: ["/"] component {("." | "/") component}, from the left; a sign of -1 stands for everything under a division. */
function readTerm(reader: Reader, sign: 1 | -1, mayDivideFirst: boolean): UnitRefusal | null {
  let componentSign = sign;
  if (mayDivideFirst && reader.text[reader.at] === "/") {
    componentSign = flip(sign);
    reader.at++;
  }
  for (;;) {
    const refusal = readComponent(reader, componentSign);
    if (refusal) return refusal;
    const next = reader.text[reader.at];
    if (next === undefined || next === ")") return null;
    if (next !== "." && next !== "/")
      return malformed(`"${quoteUnit(next)}" at position ${reader.at + 1} is out of place`);
    componentSign = next === "/" ? flip(sign) : sign;
    reader.at++;
  }
}

/** component: "(" term ")" | number | atom [exponent], each with an annotation that changes nothing; or that alone. */
function readComponent(reader: Reader, sign: 1 | -1): UnitRefusal | null {
  const { text } = reader;
  const start = reader.at;
  if (text[start] === "(") return readParentheses(reader, sign);
  reader.components++;
  const first = text[start];
  const isPowerOfTen = text.startsWith("10*", start) || text.startsWith("10^", start);
  if (isDigit(first) && !isPowerOfTen) {
    reader.at = skipDigits(text, start);
    if (reader.at - start > 12) return malformed("a number in a unit has at most 12 digits");
    multiply(reader, Number(text.slice(start, reader.at)), [], sign);
  } else if (first !== "{") {
    const end = isPowerOfTen ? start + 3 : skipSymbol(text, start);
    const symbol = text.slice(start, end);
    if (symbol === "")
      return malformed(
        start < text.length ? `a unit is missing before "${quoteUnit(first!)}"` : "a unit is missing at the end",
      );
    const atom = findAtom(symbol);
    if (!atom) return refuse("unknown_unit", symbol);
    reader.at = end;
    const exponent = readExponent(reader);
    if (exponent === null)
      return malformed(`an exponent has one or two digits: ${quoteUnit(symbol)}2, ${quoteUnit(symbol)}-1`);
    if (atom.offset !== null) {
      if (exponent !== 1 || sign !== 1) reader.components++;
      reader.offset = atom.offset;
    }
    multiply(reader, atom.factor, atom.exponents, sign * exponent);
  }
  return readAnnotation(reader);
}

function readParentheses(reader: Reader, sign: 1 | -1): UnitRefusal | null {
  if (++reader.depth > maximumNesting)
    return refuse("unit_too_deep", `A unit has at most ${maximumNesting} levels of parentheses.`);
  reader.at++;
  const refusal = readTerm(reader, sign, false);
  if (refusal) return refusal;
  if (reader.text[reader.at] !== ")") return malformed('a ")" is missing');
  reader.at++;
  reader.depth--;
  return readAnnotation(reader);
}

function readExponent(reader: Reader): number | null {
  const start = reader.at;
  const signed = reader.text[start] === "-" || reader.text[start] === "+";
  const digits = signed ? start + 1 : start;
  const end = skipDigits(reader.text, digits);
  reader.at = end;
  if (end === digits) return signed ? null : 1;
  return end - digits > 2 ? null : Number(reader.text.slice(start, end));
}

/** Annotations are kept to characters that are harmless wherever a unit may be shown. */
function readAnnotation(reader: Reader): UnitRefusal | null {
  if (reader.text[reader.at] !== "{") return null;
  const end = reader.text.indexOf("}", reader.at);
  if (end < 0) return malformed('a "}" is missing');
  const annotation = reader.text.slice(reader.at + 1, end);
  if (!/^[A-Za-z0-9_.,:%+#*-]+$/.test(annotation))
    return refuse("bad_annotation", "An annotation in braces has letters, digits and _ . , : % + # * - only.");
  reader.at = end + 1;
  return null;
}

function multiply(reader: Reader, factor: number, exponents: readonly number[], power: number): void {
  reader.factor *= power === 1 ? factor : factor ** power;
  for (let index = 0; index < exponents.length; index++)
    reader.exponents[index] = reader.exponents[index]! + exponents[index]! * power;
  if (exponents.length === 2 && exponents[0] === 0 && exponents[timeIndex] === 1) {
    if (power > 0) reader.hasTimeAbove = true;
    if (power < 0) reader.hasTimeBelow = true;
  }
}

/** Units are told from operators, digits and annotations, except inside square brackets, which belong to the symbol. */
function skipSymbol(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === "[") {
      const end = text.indexOf("]", at);
      at = end < 0 ? text.length : end + 1;
    } else if ("./(){}+-".includes(character) || isDigit(character)) return at;
    else at++;
  }
  return at;
}

function skipDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text[at])) at++;
  return at;
}

const isDigit = (character: string | undefined) => character !== undefined && character >= "0" && character <= "9";

const flip = (sign: 1 | -1) => (sign === 1 ? -1 : 1);

/** Quoted input in a message: at most 24 characters, and none that could be markup. */
export const quoteUnit = (text: string) =>
  text.slice(0, 24).replaceAll(/[^\p{L}\p{N}\p{S}%_.,:+*#' /()[\]-]|[<>]/gu, "?");

const refuse = (reason: UnitFailureReason, message: string): UnitRefusal => ({ ok: false, reason, message });

const malformed = (what: string) => refuse("malformed_unit", what);
