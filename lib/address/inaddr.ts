/**
 * Well-known IPv4 addresses as numbers in host byte order, as in <netinet/in.h>;
 * `IPv4Address.fromUint32` takes them.
 *
 * @module
 */

/** `0.0.0.0`: every interface. */
export const INADDR_ANY = 0x0000_0000 as const;
/** `127.0.0.1`. */
export const INADDR_LOOPBACK = 0x7f00_0001 as const;
/** `255.255.255.255`. */
export const INADDR_BROADCAST = 0xffff_ffff as const;
/** What inet_addr(3) gives for an error: the same number as the broadcast address. */
export const INADDR_NONE = 0xffff_ffff as const;
/** `224.0.0.0`. */
export const INADDR_UNSPEC_GROUP = 0xe000_0000 as const;
/** `224.0.0.1`: every host on the link. */
export const INADDR_ALLHOSTS_GROUP = 0xe000_0001 as const;
/** `224.0.0.255`: the last group that no router forwards. */
export const INADDR_MAX_LOCAL_GROUP = 0xe000_00ff as const;
