import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findAddressFault } from "../../../src/domain/webhookAddress.ts";

const isRefused = (host: string) => findAddressFault(`https://${host}/hook`, { isLocal: false }) !== null;
const codeOf = (address: string, isLocal = false) => findAddressFault(address, { isLocal })?.code ?? null;

/** Every way to write an IPv4 address that some parser of URLs or of addresses takes. */
function notationsOf(number: number): string[] {
  const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff);
  const [a, b, c, d] = bytes as [number, number, number, number];
  const octal = (value: number, width = 0) => `0${value.toString(8).padStart(width, "0")}`;
  const hex = (value: number) => `0x${value.toString(16)}`;
  const dotted = bytes.join(".");
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  const fullWidth = (text: string) =>
    text.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0x30 + 0xff10));
  return [
    dotted,
    `${dotted}.`,
    String(number),
    hex(number),
    hex(number).toUpperCase().replace("0X", "0x"),
    octal(number),
    octal(number, 14),
    bytes.map((byte) => octal(byte)).join("."),
    bytes.map((byte) => octal(byte, 6)).join("."),
    bytes.map(hex).join("."),
    `${a}.${hex(b)}.${octal(c)}.${d}`,
    `${a}.${number & 0xffffff}`,
    `${a}.${b}.${number & 0xffff}`,
    `${hex(a)}.${octal(b)}.${hex(number & 0xffff)}`,
    fullWidth(dotted),
    dotted.replaceAll(".", "。"),
    dotted.replace(/\d/g, (digit) => `%3${digit}`),
    `[::ffff:${dotted}]`,
    `[::ffff:${high}:${low}]`,
    `[0:0:0:0:0:ffff:${high}:${low}]`,
    `[::${dotted}]`,
    `[64:ff9b::${dotted}]`,
    `[64:ff9b:1::${dotted}]`,
    `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::1]`,
    `[::ffff:0:${dotted}]`,
  ];
}

const inner: [first: string, bits: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
const toNumber = (dotted: string) => dotted.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const innerNumbers = fc.constantFrom(...inner).chain(([first, bits]) => {
  const begin = toNumber(first);
  return fc.integer({ min: begin, max: begin + 2 ** (32 - bits) - 1 });
});

describe("an address that deliveries may be posted to", () => {
  it("is never one of a private, loopback, link-local, shared or multicast network, however it is written", () => {
    fc.assert(
      fc.property(innerNumbers, (number) => {
        for (const host of notationsOf(number)) expect(isRefused(host), host).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("is none at the edges of those networks, and may be one beside them", () => {
    for (const [first, bits] of inner) {
      const begin = toNumber(first);
      const end = begin + 2 ** (32 - bits) - 1;
      for (const number of [begin, end]) expect(isRefused(String(number)), String(number)).toBe(true);
    }
    for (const host of ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1"])
      expect(isRefused(host), host).toBe(false);
    for (const host of ["169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255"])
      expect(isRefused(host), host).toBe(false);
  });

  it("is public in IPv6 only where it is global unicast and stands for nothing else", () => {
    const refused = [
      "::",
      "::1",
      "0:0:0:0:0:0:0:1",
      "fe80::1",
      "fe80::1%25eth0",
      "fe80::1%eth0",
      "febf::1",
      "fec0::1",
      "fc00::1",
      "fd00:ec2::254",
      "ff02::1",
      "100::1",
      "2001:db8::1",
      "2001::1",
      "2001:1ff::1",
      "2002::1",
      "3fff:fff::1",
      "4000::1",
      "::ffff:8.8.8.8",
    ];
    for (const host of refused) expect(isRefused(`[${host}]`), host).toBe(true);
    for (const host of [
      "2606:4700::1111",
      "2a00:1450:4001::200e",
      "2001:4860:4860::8888",
      "2001:200::1",
      "3fff:1000::1",
    ])
      expect(isRefused(`[${host}]`), host).toBe(false);
  });

  it.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost..",
    "hooks.localhost",
    "a.localhost.",
    "ip6-localhost",
    "erp",
    "metadata.google.internal",
    "metadata.google.internal.",
    "instance-data.ec2.internal",
    "printer.local",
    "router.home.arpa",
    "1.0.0.127.in-addr.arpa",
    "hidden.onion",
    "intra.corp",
    "169.254.169.254",
    "ｌｏｃａｌｈｏｓｔ",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "loc\u00adalhost",
    "256.256.256.256",
    "1.2.3.4.5",
    "",
  ])("is not at %s", (host) => {
    expect(isRefused(host)).toBe(true);
  });

  it("may be at a name, at any path, and at 443 or a port that no other service has by right", () => {
    for (const address of [
      "https://erp.example/hooks?tenant=1",
      "https://ERP.example.:443/",
      "https://erp.example:8443/hooks",
      "https://localhost.example/",
      "https://internal.example/",
      "https://bücher.example/",
      "https://8.8.8.8/",
    ])
      expect(codeOf(address), address).toBeNull();
  });

  it.each([
    ["http://erp.example/", "scheme_refused"],
    ["ftp://erp.example/", "scheme_refused"],
    ["file:///etc/passwd", "scheme_refused"],
    ["javascript:alert(1)", "scheme_refused"],
    ["https://erp.example:22/", "port_refused"],
    ["https://erp.example:80/", "port_refused"],
    ["https://erp.example:0/", "port_refused"],
    ["https://user:password@erp.example/", "url_with_credentials"],
    ["https://erp.example@127.0.0.1/", "url_with_credentials"],
    ["https://@erp.example/", "url_with_credentials"],
    ["https://erp.example/#part", "url_with_fragment"],
    ["https://erp.example:99999/", "malformed_url"],
    ["erp.example/hooks", "malformed_url"],
    ["https://", "malformed_url"],
  ])("is not %s: %s", (address, code) => {
    expect(codeOf(address)).toBe(code);
  });

  it("is any of this machine in local development, and still without a password", () => {
    for (const address of [
      "http://127.0.0.1:3000/hook",
      "http://localhost:80/",
      "https://10.0.0.1/",
      "http://[::1]:1/",
    ])
      expect(codeOf(address, true), address).toBeNull();
    expect(codeOf("http://user@localhost/", true)).toBe("url_with_credentials");
    expect(codeOf("ftp://localhost/", true)).toBe("scheme_refused");
  });

  it("is decided for whatever text is asked about", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.string().map((text) => `https://${text}`),
        ),
        (text) => {
          const fault = findAddressFault(text, { isLocal: false });
          if (fault === null) expect(new URL(text).protocol).toBe("https:");
        },
      ),
    );
  });
});
