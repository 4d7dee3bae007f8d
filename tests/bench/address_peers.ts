/**
 * The address libraries that the benches compare with, fetched at run time and for the benches only.
 *
 * @module
 */

/** A peer's module: not typed, as it is not there when the benches are checked. */
// deno-lint-ignore no-explicit-any
export type Peer = any;

/** Versions that the figures in the README were taken with. */
const PEERS = {
  "ipaddr.js": "npm:ipaddr.js@2.5.0",
  "ip-address": "npm:ip-address@10.7.6",
  netmask: "npm:netmask@2.1.1",
  "cidr-tools": "npm:cidr-tools@12.0.3",
};

/** Fetch one. */
export async function loadPeer(name: keyof typeof PEERS): Promise<Peer> {
  const specifier: string = PEERS[name];
  const module = await import(specifier);
  return module.default ?? module;
}
