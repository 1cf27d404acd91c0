import type { Reconciliation } from "../../src/operations/graphReconciliation.ts";

/** Asks `POST /v1/operations/graph/reconcile`, and throws where it is refused. */
export type PostReconcile = (body: { repair: boolean; from: Reconciliation["next"] }) => Promise<Reconciliation>;

export type ReconciledTotals = { records: number; missing: number; changed: number; extra: number; repaired: number };

/** Compares the whole graph with the records, step by step; of each step's differences the first hundred are told. */
export async function reconcileWhole(
  post: PostReconcile,
  repair: boolean,
  tell: (difference: Reconciliation["differences"][number]) => void,
): Promise<ReconciledTotals> {
  const totals = { records: 0, missing: 0, changed: 0, extra: 0, repaired: 0 };
  let from: Reconciliation["next"] = null;
  do {
    const step: Reconciliation = await post({ repair, from });
    step.differences.forEach(tell);
    for (const { records, missing, changed, extra } of Object.values(step.nouns)) {
      totals.records += records.count;
      totals.missing += missing;
      totals.changed += changed;
      totals.extra += extra;
    }
    totals.repaired += step.repaired;
    from = step.next;
  } while (from !== null);
  return totals;
}
