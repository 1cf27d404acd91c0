import { describe, expect, it } from "vitest";
import type { Grade } from "../../src/domain/reference/types.ts";
import { createTaxonomy, haveEqualHs } from "../../src/domain/taxonomy.ts";
import { taxonomy } from "../support/matchingParties.ts";

const grade = (slug: string, parent: string | null, kind: Grade["kind"] = "byproduct"): Grade => ({
  ...taxonomy.findGrade("gypsum")!,
  slug,
  parent,
  kind,
});

const small = createTaxonomy({
  grades: [
    grade("byproduct", null),
    grade("mineral", "byproduct"),
    grade("ash", "mineral"),
    grade("wet_ash", "ash"),
    grade("filler", "byproduct"),
    grade("asphalt_filler", "filler"),
  ],
  substitutions: [
    { output: "ash", input: "asphalt_filler", qualityFactor: 0.9, note: "dry", sources: [] },
    { output: "wet_ash", input: "asphalt_filler", qualityFactor: 0.6, note: "dried first", sources: [] },
  ],
  ewc: [{ code: "190813", entry: "MH", description: "sludges", mirrors: ["190814"] }],
});

describe("the taxonomy", () => {
  it("knows ancestors and descendants, the grade itself first", () => {
    expect(small.ancestorsOf("wet_ash")).toEqual(["wet_ash", "ash", "mineral", "byproduct"]);
    expect(small.descendantsOf("mineral")).toEqual(["mineral", "ash", "wet_ash"]);
    expect(small.ancestorsOf("nothing")).toEqual([]);
  });

  it("relates an output's grade to an input's", () => {
    expect(small.relate("ash", "ash").kind).toBe("same");
    expect(small.relate("wet_ash", "mineral").kind).toBe("special");
    expect(small.relate("mineral", "ash").kind).toBe("ancestor");
    expect(small.relate("ash", "byproduct").kind).toBe("unspecified");
    expect(small.relate("filler", "ash").kind).toBe("none");
    expect(small.relate("nothing", "ash").kind).toBe("none");
  });

  it("lets a rule hold for finer outputs and wider needs, one's own rule first, and never backwards", () => {
    expect(small.relate("ash", "asphalt_filler")).toMatchObject({ kind: "substitution", factor: 0.9 });
    expect(small.relate("wet_ash", "asphalt_filler")).toMatchObject({ kind: "substitution", factor: 0.6 });
    expect(small.relate("ash", "filler")).toMatchObject({ kind: "substitution", factor: 0.9 });
    expect(small.relate("asphalt_filler", "ash").kind).toBe("none");
  });

  it("lists every grade that relates, from either side", () => {
    expect(small.relatedGrades("asphalt_filler", true).map(({ grade: slug }) => slug)).toEqual([
      "byproduct",
      "ash",
      "wet_ash",
      "filler",
      "asphalt_filler",
    ]);
    expect(small.relatedGrades("wet_ash", false).map(({ grade: slug }) => slug)).toEqual([
      "byproduct",
      "mineral",
      "ash",
      "wet_ash",
      "filler",
      "asphalt_filler",
    ]);
  });

  it("refuses grades that are stated twice, hang in the air or descend from themselves", () => {
    const of =
      (...grades: Grade[]) =>
      () =>
        createTaxonomy({ grades, substitutions: [], ewc: [] });
    expect(of(grade("ash", null), grade("ash", null))).toThrow("twice");
    expect(of(grade("ash", "mineral"))).toThrow("mineral");
    expect(of(grade("ash", "mineral"), grade("mineral", "ash"))).toThrow("itself");
  });

  it("compares HS codes at the level both declare", () => {
    expect(haveEqualHs("2520", "252010")).toBe(true);
    expect(haveEqualHs("252010", "252020")).toBe(false);
    expect(haveEqualHs(null, "2520")).toBe(false);
  });
});
