/**
 * Addresses of this host, without touching the network.
 * @module
 */

/** Addresses of all interfaces; those of link-local kind carry no scope. */
export function ownAddresses(): readonly string[] {
  try {
    return Deno.networkInterfaces().map(({ address }) => address);
  } catch {
    return [];
  }
}

/** An address by which this host reaches itself: IPv4 rather than IPv6; `undefined` if there is none. */
export function loopbackAddress(): string | undefined {
  const addresses = ownAddresses();
  return ["127.0.0.1", "::1"].find((address) => addresses.includes(address));
}
