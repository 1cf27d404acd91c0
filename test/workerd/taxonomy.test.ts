import { beforeAll, describe, expect, it } from "vitest";
import { kinds } from "../../src/domain/flow.ts";
import { call, type Json, pointersOf, refuse, succeed } from "./support/client.ts";
import { createTenant } from "./support/tenants.ts";

let key: string;

beforeAll(async () => {
  key = (await createTenant()).key;
});

const paths = ["kinds", "grades", "ewc", "units"].map((name) => `/v1/taxonomy/${name}`);

async function data(path: string): Promise<Json[]> {
  return (await succeed(200, "GET", `/v1/taxonomy/${path}`)).data;
}

describe("the taxonomy", () => {
  it("has every kind with its root grade", async () => {
    const found = await data("kinds");
    expect(found.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
    for (const { kind, rootGrade, grades } of found) {
      expect(rootGrade).toBe(kind);
      expect(grades).toBeGreaterThan(1);
    }
    const total = found.reduce((sum, { grades }) => sum + grades, 0);
    expect(total).toBeGreaterThanOrEqual(120);
    expect(await data("grades")).toHaveLength(total);
  });

  it("has the grades of a kind, by words, with what may stand in for each", async () => {
    const steam = await data("grades?kind=steam");
    expect(steam.length).toBeGreaterThan(1);
    expect(new Set(steam.map(({ kind }) => kind))).toEqual(new Set(["steam"]));
    expect((await data("grades?q=gypsum")).map(({ slug }) => slug)).toContain("gypsum");
    expect(await data("grades?q=gypsum%20zebra")).toEqual([]);
    const all = await data("grades");
    const slugs = new Set(all.map(({ slug }) => slug));
    const substitutes = all.flatMap((grade) => grade.substitutes);
    expect(substitutes.length).toBeGreaterThan(10);
    for (const { output } of substitutes) expect(slugs).toContain(output);
  });

  it("has the 842 codes of the European list of waste, by digits and by words", async () => {
    const all = await data("ewc");
    expect(all).toHaveLength(842);
    expect(new Set(all.map(({ code }) => code)).size).toBe(842);
    const chapter = await data("ewc?q=1001");
    expect(chapter.length).toBeGreaterThan(5);
    for (const { code } of chapter) expect(code).toMatch(/^1001/);
    expect((await data("ewc?q=19%2008%2013*")).map(({ code, hazardous }) => [code, hazardous])).toEqual([
      ["190813", true],
    ]);
    expect((await data("ewc?q=fly%20ash")).map(({ code }) => code)).toContain("100102");
    const hazardous = await data("ewc?hazardous=true");
    expect(hazardous.length + (await data("ewc?hazardous=false")).length).toBe(842);
    expect(hazardous.every((entry) => entry.hazardous)).toBe(true);
  });

  it("finds units by code and by name", async () => {
    expect((await data("units?q=t%2Fa")).map(({ code }) => code)).toContain("t/a");
    expect(await data("units?limit=3")).toHaveLength(3);
    const [kelvin] = (await data("units?q=Cel")).filter(({ code }) => code === "Cel");
    expect(kelvin).toMatchObject({ coherentUnit: "K", factor: 1, offset: 273.15 });
  });

  it("is anyone's for a day, and 304 for who has it", async () => {
    for (const path of paths) {
      const { headers } = await call("GET", path);
      expect(headers.get("cache-control")).toBe("public, max-age=86400");
      const etag = headers.get("etag")!;
      const again = await call("GET", path, { headers: { "if-none-match": etag } });
      expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
      expect((await call("GET", path, { key })).headers.get("etag")).toBe(etag);
      expect((await call("GET", path, { key: "turash_live_wrong" })).status).toBe(401);
    }
  });

  it("refuses a wrong question by its name", async () => {
    for (const [question, pointer] of [
      ["grades?kind=smoke", "/query/kind"],
      ["grades?q=", "/query/q"],
      [`ewc?q=${"x".repeat(101)}`, "/query/q"],
      ["ewc?hazardous=perhaps", "/query/hazardous"],
      ["ewc?hazardous=1", "/query/hazardous"],
      ["units?limit=0", "/query/limit"],
      ["units?limit=401", "/query/limit"],
    ])
      expect(pointersOf(await refuse(400, "GET", `/v1/taxonomy/${question}`))).toEqual([pointer]);
    for (const method of ["POST", "PUT", "DELETE"])
      expect((await call(method, "/v1/taxonomy/kinds", { key })).status).toBe(405);
  });
});
