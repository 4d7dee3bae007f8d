/**
 * Where the reserved and the registered ports end, as in <netinet/in.h>.
 *
 * @module
 */

/** Ports below are for privileged processes. */
export const IPPORT_RESERVED = 1024 as const;
/** Ports above are for anybody's servers. */
export const IPPORT_USERRESERVED = 5000 as const;
