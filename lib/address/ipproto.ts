/**
 * Protocol numbers as in <netinet/in.h> on Linux; `getprotobyname` asks by name.
 *
 * @module
 */

/** Internet Protocol (dummy). */
export const IPPROTO_IP = 0 as const;
/** IPv6 hop-by-hop options. */
export const IPPROTO_HOPOPTS = 0 as const;
/** Internet Control Message Protocol. */
export const IPPROTO_ICMP = 1 as const;
/** Internet Group Management Protocol. */
export const IPPROTO_IGMP = 2 as const;
/** IPv4 inside IPv4. */
export const IPPROTO_IPIP = 4 as const;
/** Transmission Control Protocol. */
export const IPPROTO_TCP = 6 as const;
/** Exterior Gateway Protocol. */
export const IPPROTO_EGP = 8 as const;
/** PARC Universal Packet. */
export const IPPROTO_PUP = 12 as const;
/** User Datagram Protocol. */
export const IPPROTO_UDP = 17 as const;
/** Xerox Internet Datagram Protocol. */
export const IPPROTO_IDP = 22 as const;
/** ISO Transport Protocol class 4. */
export const IPPROTO_TP = 29 as const;
/** Datagram Congestion Control Protocol. */
export const IPPROTO_DCCP = 33 as const;
/** IPv6 inside IP. */
export const IPPROTO_IPV6 = 41 as const;
/** IPv6 routing header. */
export const IPPROTO_ROUTING = 43 as const;
/** IPv6 fragment header. */
export const IPPROTO_FRAGMENT = 44 as const;
/** Resource Reservation Protocol. */
export const IPPROTO_RSVP = 46 as const;
/** Generic Routing Encapsulation. */
export const IPPROTO_GRE = 47 as const;
/** Encapsulating Security Payload. */
export const IPPROTO_ESP = 50 as const;
/** Authentication Header. */
export const IPPROTO_AH = 51 as const;
/** Internet Control Message Protocol for IPv6. */
export const IPPROTO_ICMPV6 = 58 as const;
/** No next header in IPv6. */
export const IPPROTO_NONE = 59 as const;
/** IPv6 destination options. */
export const IPPROTO_DSTOPTS = 60 as const;
/** Multicast Transport Protocol. */
export const IPPROTO_MTP = 92 as const;
/** Pseudo header of BEET mode. */
export const IPPROTO_BEETPH = 94 as const;
/** Encapsulation Header. */
export const IPPROTO_ENCAP = 98 as const;
/** Protocol Independent Multicast. */
export const IPPROTO_PIM = 103 as const;
/** IP Payload Compression. */
export const IPPROTO_COMP = 108 as const;
/** Layer 2 Tunnelling Protocol. */
export const IPPROTO_L2TP = 115 as const;
/** Stream Control Transmission Protocol. */
export const IPPROTO_SCTP = 132 as const;
/** IPv6 mobility header. */
export const IPPROTO_MH = 135 as const;
/** UDP-Lite. */
export const IPPROTO_UDPLITE = 136 as const;
/** MPLS in IP. */
export const IPPROTO_MPLS = 137 as const;
/** Ethernet in IP. */
export const IPPROTO_ETHERNET = 143 as const;
/** Raw IP packets. */
export const IPPROTO_RAW = 255 as const;
/** Multipath TCP. */
export const IPPROTO_MPTCP = 262 as const;
