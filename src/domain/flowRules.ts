import { readMeasure } from "./dimension.ts";
import type { FieldError } from "./errors.ts";
import type { FlowContent } from "./flow.ts";
import { bridgeQuantity, type MaterialProperties } from "./quantity.ts";
import type { Grade } from "./reference/types.ts";
import type { Taxonomy } from "./taxonomy.ts";

/** What a flow gets wrong by the taxonomy: a grade of another kind, an unknown code, an amount that the grade cannot have. */
export function checkFlowAgainstTaxonomy(flow: Omit<FlowContent, "status">, taxonomy: Taxonomy): FieldError[] {
  const faults: FieldError[] = [];
  const grade = taxonomy.findGrade(flow.grade ?? flow.kind);
  if (!grade || grade.kind !== flow.kind)
    faults.push({
      pointer: "/grade",
      code: "unknown_grade",
      message: `the taxonomy has no grade ${flow.grade} of the kind ${flow.kind}; see /v1/taxonomy/grades`,
    });
  if (flow.codes.ewc !== null && !taxonomy.findEwc(flow.codes.ewc))
    faults.push({
      pointer: "/codes/ewc",
      code: "unknown_ewc",
      message: `the European list of waste has no code ${flow.codes.ewc}; see /v1/taxonomy/ewc`,
    });
  if (grade) faults.push(...checkUnits(flow, grade));
  return faults;
}

/** The quantity must lead to what the grade is measured in, and each price to the quantity. */
function checkUnits({ quantity, economics }: Omit<FlowContent, "status">, grade: Grade): FieldError[] {
  const measure = readMeasure(quantity.unit);
  if (!measure.ok) return [];
  const { dimension, per } = measure.measure;
  const faults: FieldError[] = [];
  const toGrade = bridgeQuantity(
    { dimension, per },
    { dimension: grade.quantityDimension, per },
    materialOf(grade),
    quantity.unit,
    grade.name,
  );
  if (!toGrade.ok) faults.push({ pointer: "/quantity/unit", code: toGrade.reason, message: toGrade.message });
  for (const [name, price] of Object.entries(economics)) {
    if (price === null) continue;
    const priced = readMeasure(price.per);
    if (!priced.ok) continue;
    const toPrice = bridgeQuantity(
      { dimension, per: "once" },
      { dimension: priced.measure.dimension, per: "once" },
      materialOf(grade),
      quantity.unit,
      price.per,
    );
    if (!toPrice.ok) faults.push({ pointer: `/economics/${name}/per`, code: toPrice.reason, message: toPrice.message });
  }
  return faults;
}

/** What leads between mass, volume and energy of a grade. */
export function materialOf(grade: Grade): MaterialProperties {
  return { densityKgPerM3: grade.densityKgPerM3, heatingValueMjPerKg: grade.heatingValueMjPerKg };
}
