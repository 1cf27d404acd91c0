import { phraseClosing } from "../nearLimits.ts";
import { at } from "../pair.ts";
import { coversPermit, wasteClasses } from "../permits.ts";
import { fail, gateSlots, near, pass, unknown } from "../verdictCodes.ts";
import type { GateWords } from "./gates.ts";
import type { Explained } from "./subject.ts";
import { plural } from "./words.ts";

export function explainHazard({ pair, output, outputColumns, i }: Explained): string {
  const { codes } = output.flow;
  const entry = codes.ewc === null ? null : pair.rules.taxonomy.findEwc(codes.ewc);
  const named = entry ? `EWC ${entry.code} (${entry.description})` : "It";
  const holds =
    pair.gates[gateSlots.hazard] === pass
      ? "the receiver holds a permit for it"
      : "the receiver holds no permit for it";
  switch (outputColumns.wasteClass[i]) {
    case wasteClasses.noWaste:
      return `Not waste: legal status ${output.flow.legalStatus}`;
    case wasteClasses.nonHazardous:
      return `${named} is not hazardous`;
    case wasteClasses.hazardous:
      return `${named} is hazardous; ${holds}`;
    case wasteClasses.mirror:
      return `${named} is a mirror entry that no test has shown to be clean; ${holds}`;
    default:
      return "Waste without an EWC code: whether it is hazardous is not stated";
  }
}

export function explainPermit(explained: Explained): GateWords {
  const { pair, output, input } = explained;
  const verdict = pair.gates[gateSlots.permit];
  const border = explainBorder(explained);
  if (verdict === near || verdict === fail) {
    const missing = [...listMissing(output, input), ...listMissing(input, output)];
    const count = pair.figures[at.missingPermits]!;
    return {
      detail: `${plural(count, "required permit is", "required permits are")} not held: ${missing.join(", ")}${border}`,
      short: { amount: count, unit: "1" },
      closes: verdict === near ? phraseClosing(pair.rules.near.permit, missing.join(", "), "") : null,
    };
  }
  if (verdict === unknown)
    return { detail: `The receiver states neither a permit nor an exemption for this waste${border}` };
  return { detail: `What each side requires, the other holds${border}` };
}

type Side = Explained["output"];

function listMissing(requiring: Side, holding: Side): string[] {
  const { permitsHeld } = holding.flow.constraints;
  return requiring.flow.constraints.permitsRequired.filter(
    (required) => !permitsHeld.some((held) => coversPermit(held, required)),
  );
}

/** Waste that crosses a border: Regulation (EU) 2024/1157, articles 4, 5 and 18. */
function explainBorder({ output, input, outputColumns, i }: Explained): string {
  const [from, to] = [output.site.country, input.site.country];
  if (from === to || outputColumns.wasteClass[i] === wasteClasses.noWaste) return "";
  const notification = `notification:${from}-${to}`;
  const isHeld = [output, input].some(({ flow }) => flow.constraints.permitsHeld.includes(notification));
  return isHeld
    ? `; the notification for waste from ${from} to ${to} is held`
    : `; waste from ${from} to ${to} needs a notification, or for green-listed waste its annex VII document`;
}
