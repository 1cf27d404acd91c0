/** Why deliveries may not be sent to an address; `code` is stable. */
export type AddressFault = { code: string; message: string };

export type AddressRules = {
  /** Local development: plain HTTP and hosts of this machine and its network are let through. */
  isLocal: boolean;
};

/** Names that mean this machine, its network or its platform wherever they are resolved (RFC 6761, 6762, 8375, 9476 and usage). */
const innerNames =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|test|invalid|alt|onion)$/;
/** Below 1024 only the port of HTTPS: whatever else listens there speaks another protocol. */
const leastFreePort = 1_024;

/** Networks that no receiver of the public internet is in (IANA IPv4 Special-Purpose Address Registry, multicast and class E). */
const innerIpv4: readonly [network: string, bits: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/**
 * Why an address is no receiver that this service may call, or null where it may. The URL parser (WHATWG) writes every notation
 * of a numeric host (decimal, octal, hex, short, IPv4 in IPv6, full width, percent-encoded) as one, which is looked at here.
 * What a name resolves to is not known here: the network that the request leaves by refuses private addresses.
 */
export function findAddressFault(address: string, { isLocal }: AddressRules): AddressFault | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url) return { code: "malformed_url", message: "is no URL" };
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(address))
    return { code: "url_with_credentials", message: "must not hold a user or a password" };
  if (address.includes("#")) return { code: "url_with_fragment", message: "must not have a fragment" };
  if (isLocal)
    return /^https?:$/.test(url.protocol)
      ? null
      : { code: "scheme_refused", message: "must begin with https:// or http://" };
  if (url.protocol !== "https:") return { code: "scheme_refused", message: "must begin with https://" };
  if (url.port !== "" && Number(url.port) < leastFreePort)
    return { code: "port_refused", message: `must be at port 443, or at ${leastFreePort} or above` };
  const host = url.hostname.replace(/\.+$/, "");
  if (isInner(host)) return { code: "host_refused", message: "must be a host of the public internet" };
  return null;
}

function isInner(host: string): boolean {
  if (host.startsWith("[")) return !isPublicIpv6(host.slice(1, -1));
  if (/^[\d.]+$/.test(host)) return !isPublicIpv4(host);
  // A name without a dot is one of the network that it is resolved in.
  return !host.includes(".") || innerNames.test(host);
}

function isPublicIpv4(host: string): boolean {
  const address = numberOf(host);
  return innerIpv4.every(([network, bits]) => address >>> (32 - bits) !== numberOf(network) >>> (32 - bits));
}

function numberOf(dotted: string): number {
  return dotted.split(".").reduce((number, part) => (number << 8) | Number(part), 0) >>> 0;
}

/**
 * Global unicast (2000::/3) without what stands for something else: protocol assignments with Teredo (2001::/23), 6to4
 * (2002::/16), documentation (2001:db8::/32, 3fff::/20). `host` as the URL parser writes it.
 */
function isPublicIpv6(host: string): boolean {
  const [first = 0, second = 0] = host.split(":").map((group) => Number.parseInt(group || "0", 16));
  if (first < 0x2000 || first > 0x3fff || first === 0x2002) return false;
  if (first === 0x2001) return second >= 0x200 && second !== 0xdb8;
  return first !== 0x3fff || second >= 0x1000;
}
