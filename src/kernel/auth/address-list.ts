import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** A range or a single address in its canonical form (`203.0.113.0/24`, `2001:db8::/32`); null when it is none. */
export function canonicalRange(text: string): string | null {
  try {
    const [address, bits] = rangeOf(text.trim());
    return `${networkOf(address, bits)}/${bits}`;
  } catch {
    return null;
  }
}

/** True when the address lies in one of the ranges; an IPv4 address in IPv6 form counts as what it is. */
export function inRanges(address: string, ranges: readonly string[]): boolean {
  let client: ipaddr.IPv4 | ipaddr.IPv6;
  try {
    client = ipaddr.process(address.split('%')[0]);
  } catch {
    return false;
  }
  return ranges.some((text) => {
    const [network, bits] = rangeOf(text);
    return network.kind() === client.kind() && client.match(network, bits);
  });
}

/**
 * The address of a client: that of the connection, or, while that is a trusted proxy's, the one that it names last in
 * `X-Forwarded-For`. What others wrote there means nothing.
 */
export function clientAddress(
  peer: string,
  forwarded: string | string[] | undefined,
  trusted: readonly string[],
): string {
  const named = [forwarded ?? []]
    .flat()
    .join(',')
    .split(',')
    .map((part) => part.trim());
  let address = peer;
  for (let next = named.pop(); next && inRanges(address, trusted); next = named.pop()) address = next;
  return address;
}

function rangeOf(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  // Only the full form: `1.2` is an address to some parsers.
  if (!ipaddr.isValid(text) || (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)))
    throw new Error('no address');
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

const networkOf = (address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string =>
  (address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6)
    .networkAddressFromCIDR(`${address.toString()}/${bits}`)
    .toString();
