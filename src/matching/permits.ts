import type { LegalStatus } from "../domain/flow.ts";
import type { Taxonomy } from "../domain/taxonomy.ts";
import type { Party } from "./party.ts";

/** What the law asks about a flow, beside its codes. */
export const wasteClasses = { noWaste: 0, nonHazardous: 1, hazardous: 2, mirror: 3, unclassified: 4 } as const;
export type WasteClass = (typeof wasteClasses)[keyof typeof wasteClasses];

export type WasteFacts = { ewc: string | null; isHazardous: boolean };

/** Wastewater has no entry in the List of Waste of its own (Directive 2008/98/EC, article 2(2)(a)). */
const mayLackCode = (kind: Party["flow"]["kind"]) => kind === "wastewater";

/**
 * How the waste rules see a supply. `hazardous`: an absolute hazardous entry, or a hazard property is stated; `mirror`: one
 * of a pair of entries of which only a test can tell, and none is shown; `unclassified`: no code is stated.
 * Decision 2000/532/EC, annex; Directive 2008/98/EC, article 7.
 */
export function classifyWaste(
  flow: Pick<Party["flow"], "legalStatus" | "kind" | "codes">,
  taxonomy: Taxonomy,
): WasteClass {
  const { codes, kind } = flow;
  const legalStatus: LegalStatus = flow.legalStatus;
  if (legalStatus !== "waste") return wasteClasses.noWaste;
  if (codes.hazardProperties.length > 0) return wasteClasses.hazardous;
  const entry = codes.ewc === null ? null : taxonomy.findEwc(codes.ewc);
  if (entry === null) {
    if (codes.shownNonHazardous || (codes.ewc === null && mayLackCode(kind))) return wasteClasses.nonHazardous;
    return wasteClasses.unclassified;
  }
  if (entry.entry === "AH" || entry.entry === "MH") return wasteClasses.hazardous;
  if (entry.entry === "AN") return wasteClasses.nonHazardous;
  return codes.shownNonHazardous ? wasteClasses.nonHazardous : wasteClasses.mirror;
}

/** Whether a permit held is, or stands for, the one required: `ewc:1908*` covers `ewc:190813` and `ewc:1908*`. */
export function coversPermit(held: string, required: string): boolean {
  if (held === required) return true;
  return held.endsWith("*") && required.startsWith(held.slice(0, -1));
}

/**
 * Whether a permit lets its holder receive a waste: by its code (`ewc:190813`, `ewc:1908*`), or for waste that is not
 * hazardous by an exemption (`waste-exemption`; Directive 2008/98/EC, articles 24 and 25). A permit for a treatment says
 * nothing of which wastes.
 */
export function coversWaste(held: string, waste: WasteFacts): boolean {
  if (waste.ewc !== null && coversPermit(held, `ewc:${waste.ewc}`)) return true;
  return !waste.isHazardous && /^waste-exemption(:|$)/.test(held);
}
