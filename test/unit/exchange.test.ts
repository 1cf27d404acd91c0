import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ExchangeContent,
  type ExchangeRecord,
  type ExchangeState,
  endedStates,
  exchangeContentSchema,
  exchangeStates,
  exchangeTransitions,
  standingStates,
} from "../../src/domain/exchange.ts";
import { decideRecording, type FlowSide, findRecorder, type Recorder } from "../../src/domain/exchangeRecording.ts";
import { createId } from "../../src/domain/ids.ts";

const seller = createId("organization");
const buyer = createId("organization");
const [outputFlowId, inputFlowId] = [createId("flow"), createId("flow")];

function contentOf(changes: Partial<ExchangeContent> = {}): ExchangeContent {
  const content = { outputFlowId, inputFlowId, quantity: { amount: 10, unit: "t/a" } };
  return { ...exchangeContentSchema.parse(content), ...changes };
}

function recordOf(changes: Partial<ExchangeRecord> = {}): ExchangeRecord {
  const { externalId, quantity, price, from, until, reserves } = contentOf();
  return {
    ...{ externalId, quantity, price, from, until, reserves, outputFlowId, inputFlowId },
    id: createId("exchange"),
    origin: "recorded",
    matchId: null,
    round: null,
    outputOrganizationId: seller,
    inputOrganizationId: buyer,
    state: "agreed",
    confirmedBy: { output: true, input: false },
    recordedBy: "output",
    visibility: "private",
    visibilityBy: { output: "private", input: "private" },
    history: [],
    version: 1,
    createdAt: "2027-03-01T10:00:00.000Z",
    updatedAt: "2027-03-01T10:00:00.000Z",
    ...changes,
  };
}

const operator: Recorder = { kind: "operator" };
const output: Recorder = { kind: "sides", sides: ["output"] };
const input: Recorder = { kind: "sides", sides: ["input"] };
const both = { output: true, input: true };
const nothing = { own: null, others: [] };

/** The reason and the fields of a refusal. */
function refusalOf(work: () => unknown): [string | undefined, string[]] {
  try {
    work();
  } catch (error) {
    const { details } = error as { details: { reason?: string; fields?: { pointer: string }[] } };
    return [details.reason, (details.fields ?? []).map(({ pointer }) => pointer)];
  }
  throw new Error("it was not refused");
}

describe("the states of an exchange", () => {
  const order = ["agreed", "permitting", "implementing", "active", "completed"];

  it("are gone through in their order, of which steps may be skipped up to active, and fail from any that is not over", () => {
    for (const to of exchangeStates)
      for (const from of exchangeStates) {
        const isStep = from !== "failed" && order.indexOf(from) < order.indexOf(to);
        const isAllowed =
          to === "failed"
            ? from !== "completed" && from !== "failed"
            : to === "completed"
              ? from === "active"
              : isStep && to !== "agreed";
        expect(exchangeTransitions[to].includes(from), `${from} to ${to}`).toBe(isAllowed);
      }
  });

  it("end after at most four moves, whatever is tried, and an end is never left", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...exchangeStates), { maxLength: 40 }), (tries) => {
        let state: ExchangeState = "agreed";
        const passed: ExchangeState[] = [state];
        for (const to of tries)
          if (exchangeTransitions[to].includes(state)) {
            expect(endedStates).not.toContain(state);
            state = to;
            passed.push(state);
          }
        expect(new Set(passed).size).toBe(passed.length);
        expect(passed.length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it("are each either going on or over", () => {
    expect([...standingStates, ...endedStates]).toEqual([...exchangeStates]);
    for (const state of standingStates) expect(exchangeTransitions.failed).toContain(state);
  });
});

describe("what is sent to record an exchange", () => {
  it("ends on its first day at the earliest, and says how much", () => {
    const faults = (content: object) =>
      exchangeContentSchema
        .safeParse({ outputFlowId, inputFlowId, quantity: { amount: 10, unit: "t/a" }, ...content })
        .error?.issues.map(({ path }) => path.join("."));
    expect(faults({ from: "2027-03-01", until: "2027-03-01" })).toBeUndefined();
    expect(faults({ from: "2027-03-02", until: "2027-03-01" })).toEqual(["until"]);
    expect(faults({ quantity: { amount: 0, unit: "t/a" } })).toEqual(["quantity.amount"]);
    expect(faults({ quantity: { amount: -1, unit: "tons" } })).toEqual(["quantity.amount", "quantity.unit"]);
    expect(faults({ from: "2027-02-30" })).toEqual(["from"]);
    expect(faults({ state: "completed" })).toEqual(["state"]);
  });
});

describe("who records an exchange", () => {
  const flow = (changes: Partial<FlowSide> = {}): FlowSide => ({
    organizationId: seller,
    direction: "output",
    status: "active",
    unit: "t/a",
    grade: "process_steam",
    amount: 100,
    remaining: 100,
    isOwn: false,
    ...changes,
  });
  const need = flow({ organizationId: buyer, direction: "input" });

  it("owns one of the two flows or both, or is the operator", () => {
    expect(findRecorder(false, flow({ isOwn: true }), need).recorder).toEqual(output);
    expect(findRecorder(false, flow({ direction: "shared" }), { ...need, isOwn: true }).recorder).toEqual(input);
    expect(findRecorder(false, flow({ isOwn: true }), { ...need, isOwn: true }).recorder).toEqual({
      kind: "sides",
      sides: ["output", "input"],
    });
    expect(findRecorder(true, flow({ isOwn: true }), { ...need, isOwn: true }).recorder).toEqual(operator);
  });

  it("is refused flows that it does not see or owns neither of, and two of the same direction", () => {
    expect(refusalOf(() => findRecorder(false, undefined, { ...need, isOwn: true }))).toEqual(["flow_not_found", []]);
    expect(refusalOf(() => findRecorder(true, flow(), undefined))).toEqual(["flow_not_found", []]);
    expect(refusalOf(() => findRecorder(false, flow(), need))).toEqual(["flow_not_found", []]);
    expect(refusalOf(() => findRecorder(true, need, need))).toEqual(["invalid_fields", ["/outputFlowId"]]);
    expect(refusalOf(() => findRecorder(true, flow(), flow()))).toEqual(["invalid_fields", ["/inputFlowId"]]);
  });
});

describe("recording an exchange", () => {
  it("creates it with the sides that stand by it", () => {
    expect(decideRecording(operator, contentOf(), nothing)).toEqual({ kind: "create", sides: ["output", "input"] });
    expect(decideRecording(output, contentOf(), nothing)).toEqual({ kind: "create", sides: ["output"] });
    const inside: Recorder = { kind: "sides", sides: ["output", "input"] };
    expect(decideRecording(inside, contentOf(), nothing)).toEqual({ kind: "create", sides: ["output", "input"] });
  });

  it("confirms what the other side recorded with the same terms, of several the one that has them", () => {
    const other = recordOf({ quantity: { amount: 20, unit: "t/a" } });
    const proposal = recordOf({ price: { amount: "12.50", currency: "EUR", per: "t" } });
    const content = contentOf({ price: { amount: "12.5", currency: "EUR", per: "t" }, visibility: "network" });
    expect(decideRecording(input, content, { own: null, others: [other, proposal] })).toEqual({
      kind: "confirm",
      exchange: proposal,
      side: "input",
    });
  });

  it("names every term in which it differs from what the other side recorded", () => {
    const others = [recordOf({ until: "2028-01-01" })];
    const content = contentOf({ quantity: { amount: 10, unit: "kg/a" }, reserves: false, from: "2027-01-01" });
    expect(refusalOf(() => decideRecording(input, content, { own: null, others }))).toEqual([
      "terms_differ",
      ["/quantity", "/from", "/until", "/reserves"],
    ]);
  });

  it("gives a side its own key for what the operator recorded, and another exchange where that is of other terms", () => {
    const recorded = recordOf({ recordedBy: "operator", confirmedBy: both });
    const others = [recorded];
    expect(decideRecording(input, contentOf(), { own: null, others })).toEqual({ kind: "adopt", exchange: recorded });
    const more = contentOf({ quantity: { amount: 11, unit: "t/a" } });
    expect(decideRecording(input, more, { own: null, others })).toEqual({ kind: "create", sides: ["input"] });
    expect(decideRecording(operator, contentOf(), { own: null, others: [] }).kind).toBe("create");
  });

  it("keeps what is there already, how far it may have come since", () => {
    for (const state of exchangeStates) {
      const own = recordOf({ state, confirmedBy: both });
      expect(decideRecording(output, contentOf(), { own, others: [] })).toEqual({ kind: "keep", exchange: own });
    }
  });

  it("changes to whom it is shown by the word of the side that says so, and never by the operator's", () => {
    const own = recordOf({ recordedBy: "operator", confirmedBy: both });
    const content = contentOf({ visibility: "public" });
    expect(decideRecording(input, content, { own, others: [] })).toEqual({
      kind: "show",
      exchange: own,
    });
    expect(decideRecording(operator, content, { own, others: [] }).kind).toBe("keep");
  });

  it("changes terms for the operator where it recorded them, and for a side until the other has confirmed", () => {
    const content = contentOf({ quantity: { amount: 11, unit: "t/a" } });
    const decide = (recorder: Recorder, changes: Partial<ExchangeRecord>) => () =>
      decideRecording(recorder, content, { own: recordOf(changes), others: [] });
    expect(decide(output, {})()).toMatchObject({ kind: "replace" });
    expect(decide(operator, { recordedBy: "operator", confirmedBy: both })()).toMatchObject({ kind: "replace" });
    const agreed = ["terms_agreed", ["/quantity"]];
    expect(refusalOf(decide(output, { confirmedBy: both }))).toEqual(agreed);
    expect(refusalOf(decide(input, { recordedBy: "operator", confirmedBy: both }))).toEqual(agreed);
    for (const state of endedStates) expect(refusalOf(decide(output, { state }))).toEqual(["exchange_state", []]);
  });

  it("refuses a key that is another exchange's", () => {
    const own = recordOf({ inputFlowId: createId("flow") });
    expect(refusalOf(() => decideRecording(output, contentOf(), { own, others: [] }))).toEqual([
      "exchange_flows",
      ["/inputFlowId"],
    ]);
  });

  it("comes to the same when it is repeated: what it created or confirmed is kept", () => {
    fc.assert(
      fc.property(fc.constantFrom(operator, output, input), fc.boolean(), (recorder, isProposed) => {
        const other = recorder === input ? "output" : "input";
        const proposal = recordOf({
          recordedBy: other,
          confirmedBy: { output: other === "output", input: other === "input" },
        });
        const others = isProposed && recorder !== operator ? [proposal] : [];
        const first = decideRecording(recorder, contentOf(), { own: null, others });
        expect(first.kind).toBe(others.length > 0 ? "confirm" : "create");
        const own = recordOf({ confirmedBy: both, recordedBy: recorder.kind === "operator" ? "operator" : other });
        expect(decideRecording(recorder, contentOf(), { own, others: [] })).toEqual({ kind: "keep", exchange: own });
      }),
    );
  });
});
