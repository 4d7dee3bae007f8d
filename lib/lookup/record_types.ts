/**
 * The record types that can be asked for: their numbers, and the shape in which each is given.
 *
 * Shapes of the types that `Deno.resolveDns` knows are Deno's own; the others follow the fields of
 * their RFC. Used by the message decoder, the backends and the overloads of `Resolver.resolve`.
 *
 * @module
 */

/** Where mail goes (RFC 1035 section 3.3.9); `exchange` is `"."` when the domain takes none (RFC 7505). */
export interface MxRecord {
  /** Lower is tried first. */
  preference: number;
  /** The mail server's name. */
  exchange: string;
}

/** Who is in charge of a zone (RFC 1035 section 3.3.13). */
export interface SoaRecord {
  /** The primary name server. */
  mname: string;
  /** The mailbox of who is responsible, with its `@` written as a dot. */
  rname: string;
  /** The zone's version. */
  serial: number;
  /** Seconds between checks by a secondary. */
  refresh: number;
  /** Seconds before a failed check is tried again. */
  retry: number;
  /** Seconds after which a secondary stops answering. */
  expire: number;
  /** Seconds for which "there is none" may be kept (RFC 2308). */
  minimum: number;
}

/** Where a service is (RFC 2782); `target` is `"."` when the domain does not offer it. */
export interface SrvRecord {
  /** Lower is tried first. */
  priority: number;
  /** The share among records of equal priority. */
  weight: number;
  /** The port. */
  port: number;
  /** The host's name. */
  target: string;
}

/** Who may issue certificates (RFC 8659). */
export interface CaaRecord {
  /** Whether an issuer that does not know the tag must refuse. */
  critical: boolean;
  /** What it is about, such as `"issue"`, in lower case. */
  tag: string;
  /** What it says. */
  value: string;
}

/** A step of address rewriting (RFC 3403). */
export interface NaptrRecord {
  /** Lower is processed first. */
  order: number;
  /** The preference among equal orders. */
  preference: number;
  /** What to do next, such as `"s"`. */
  flags: string;
  /** The service and protocol. */
  services: string;
  /** The rewriting rule. */
  regexp: string;
  /** The next name, or `"."`. */
  replacement: string;
}

/** How to reach a service (RFC 9460), from an HTTPS or SVCB record. */
export interface SvcbRecord {
  /** 0 makes it an alias of `target`; otherwise lower is tried first. */
  priority: number;
  /** The host; `"."` means the name that was asked. */
  target: string;
  /** Protocols offered, such as `["h2", "h3"]`. */
  alpn?: string[];
  /** Whether the protocol's default ALPN is absent. */
  noDefaultAlpn?: boolean;
  /** The port, where it is not the scheme's own. */
  port?: number;
  /** Addresses to try before those of `target` are known. */
  ipv4hint?: string[];
  /** Addresses to try before those of `target` are known. */
  ipv6hint?: string[];
  /** Encrypted Client Hello configuration. */
  ech?: Uint8Array<ArrayBuffer>;
  /** The keys that a client must understand to use this record. */
  mandatory?: number[];
  /** Parameters that have no field here, by key number. */
  parameters?: Record<number, Uint8Array<ArrayBuffer>>;
}

/** Which certificate a TLS server shows (RFC 6698). */
export interface TlsaRecord {
  /** 0 to 3: how the certificate is used. */
  usage: number;
  /** 0: the whole certificate, 1: its public key. */
  selector: number;
  /** 0: as it is, 1: SHA-256, 2: SHA-512. */
  matchingType: number;
  /** What must match. */
  data: Uint8Array<ArrayBuffer>;
}

/** The fingerprint of an SSH host key (RFC 4255). */
export interface SshfpRecord {
  /** 1 RSA, 2 DSA, 3 ECDSA, 4 Ed25519. */
  algorithm: number;
  /** 1: SHA-1, 2: SHA-256. */
  fingerprintType: number;
  /** The fingerprint. */
  fingerprint: Uint8Array<ArrayBuffer>;
}

/** What each record type's data is given as. */
export interface RecordMap {
  /** An IPv4 address. */
  A: string;
  /** An IPv6 address. */
  AAAA: string;
  /** The name that this name stands for. */
  CNAME: string;
  /** A name server. */
  NS: string;
  /** The name of an address, or what else the owner points to. */
  PTR: string;
  /** Where mail goes. */
  MX: MxRecord;
  /** Who is in charge of a zone. */
  SOA: SoaRecord;
  /** Where a service is. */
  SRV: SrvRecord;
  /** The strings of one record; each code unit is one octet, as in `Deno.resolveDns`. */
  TXT: string[];
  /** Who may issue certificates. */
  CAA: CaaRecord;
  /** A step of address rewriting. */
  NAPTR: NaptrRecord;
  /** How to reach a web site. */
  HTTPS: SvcbRecord;
  /** How to reach a service. */
  SVCB: SvcbRecord;
  /** Which certificate a TLS server shows. */
  TLSA: TlsaRecord;
  /** The fingerprint of an SSH host key. */
  SSHFP: SshfpRecord;
}

/** A record type that can be asked for. */
export type RecordType = keyof RecordMap;

/** The numbers of the types (IANA "Resource Record (RR) TYPEs"). */
export const TYPE_NUMBERS: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  SSHFP: 44,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  CAA: 257,
};

/** Types that `Deno.resolveDns` cannot give. */
export const WIRE_ONLY: ReadonlySet<RecordType> = new Set([
  "HTTPS",
  "SVCB",
  "TLSA",
  "SSHFP",
]);

/** Whether a text is one of the record types. */
export function isRecordType(text: unknown): text is RecordType {
  return typeof text === "string" && Object.hasOwn(TYPE_NUMBERS, text);
}
