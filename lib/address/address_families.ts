/**
 * The address families of <sys/socket.h> on Linux. They serve `inet_pton` and `inet_ntop` only: objects
 * of this module carry `version` or `family`, 4 or 6.
 *
 * @module
 */

/** Unix domain sockets. */
export const AF_UNIX = 1 as const;
/** IPv4. */
export const AF_INET = 2 as const;
/** IPv6. */
export const AF_INET6 = 10 as const;
