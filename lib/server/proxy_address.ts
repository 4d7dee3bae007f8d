/**
 * The two addresses of a PROXY header: between Deno's plain objects, text (version 1) and bytes
 * (version 2). All address syntax is the address room's.
 *
 * @module
 */
import { AddressSyntaxError, ProtocolError } from "../errors.ts";
import { IPv4Address } from "../address/ipv4_address.ts";
import { IPv6Address } from "../address/ipv6_address.ts";
import { parseAddress } from "../address/ip_address.ts";
import type { ProxyAddress } from "./proxy_header.ts";

/** Both ends of the client's connection. */
export interface ProxyEnds {
  source: ProxyAddress;
  destination: ProxyAddress;
}

/** Upper half of the byte that tells family and protocol (section 2.2). */
const INET = 0x10;
const INET6 = 0x20;
const UNIX = 0x30;
/** Lower half. */
const STREAM = 1;
const DGRAM = 2;

/** Size of sockaddr_un's path. */
const UNIX_PATH = 108;

/** How many bytes the addresses take, by the family byte; no other combination may be sent. */
export const LENGTH_OF_ENDS: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [INET | STREAM, 12],
  [INET | DGRAM, 12],
  [INET6 | STREAM, 36],
  [INET6 | DGRAM, 36],
  [UNIX | STREAM, 2 * UNIX_PATH],
  [UNIX | DGRAM, 2 * UNIX_PATH],
]);

/**
 * An address of a version 1 line.
 *
 * @throws {ProtocolError} If it is not of this family, strictly written.
 */
export function proxyNetAddr(
  text: string,
  family: 4 | 6,
  port: number,
): Deno.NetAddr {
  try {
    const address = family === 4
      ? IPv4Address.parse(text)
      : IPv6Address.parse(text);
    if (address.version === 6 && address.zone !== undefined) {
      throw badAddress(text, undefined);
    }
    return { transport: "tcp", hostname: shown(address), port };
  } catch (cause) {
    if (cause instanceof AddressSyntaxError) throw badAddress(text, cause);
    throw cause;
  }
}

function badAddress(text: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    `Cannot decode PROXY header version 1: ${
      JSON.stringify(text)
    } is no address of its family`,
    { cause },
  );
}

/** As text, IPv4-mapped as IPv4. */
function shown(address: IPv4Address | IPv6Address): string {
  if (address.version === 4) return address.toString();
  return (address.ipv4Mapped ?? address).toString();
}

/** The family in which both hosts can be told: mixed ones are told as IPv6. */
export function commonFamily(one: string, other: string): 4 | 6 {
  return parseAddress(one).version === 4 && parseAddress(other).version === 4
    ? 4
    : 6;
}

function inFamily(host: string, family: 4 | 6): IPv4Address | IPv6Address {
  const address = parseAddress(host);
  if (address.version === 4) {
    return family === 4 ? address : address.toIPv4Mapped();
  }
  // The header has no place for a zone, which means nothing on another machine anyway.
  return address.withoutZone();
}

/**
 * A host's address in the given family, without its zone.
 *
 * @throws {AddressSyntaxError} If the host is a name.
 */
export function textInFamily(host: string, family: 4 | 6): string {
  return inFamily(host, family).toString();
}

/** The addresses that a version 2 header's block says; none for the unspecified family. */
export function decodeEnds(
  family: number,
  block: Uint8Array,
): ProxyEnds | Record<never, never> {
  const datagram = (family & 0x0f) === DGRAM;
  switch (family & 0xf0) {
    case INET:
      return decodeNetEnds(block, 4, datagram ? "udp" : "tcp");
    case INET6:
      return decodeNetEnds(block, 16, datagram ? "udp" : "tcp");
    case UNIX: {
      const transport = datagram ? "unixpacket" : "unix";
      return {
        source: { transport, path: decodePath(block.subarray(0, UNIX_PATH)) },
        destination: { transport, path: decodePath(block.subarray(UNIX_PATH)) },
      };
    }
    default:
      return {};
  }
}

function decodeNetEnds(
  block: Uint8Array,
  size: 4 | 16,
  transport: "tcp" | "udp",
): ProxyEnds {
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  const hostname = (at: number) => {
    const bytes = block.subarray(at, at + size);
    return shown(
      size === 4 ? IPv4Address.fromBytes(bytes) : IPv6Address.fromBytes(bytes),
    );
  };
  return {
    source: {
      transport,
      hostname: hostname(0),
      port: view.getUint16(2 * size),
    },
    destination: {
      transport,
      hostname: hostname(size),
      port: view.getUint16(2 * size + 2),
    },
  };
}

/** A path up to its first NUL, or an abstract name, which begins with NUL, without its padding. */
function decodePath(field: Uint8Array): string {
  let end = field[0] === 0 ? field.length : field.indexOf(0);
  if (end < 0) end = field.length;
  while (end > 0 && field[end - 1] === 0) end--;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(field.subarray(0, end));
  } catch (cause) {
    throw new ProtocolError(
      "Cannot decode PROXY header version 2: a path is not UTF-8",
      { cause },
    );
  }
}

/** The family byte and the address block of a version 2 header. */
export function encodeEnds(
  ends: ProxyEnds | undefined,
): { family: number; block: Uint8Array<ArrayBuffer> } {
  if (ends === undefined) return { family: 0, block: new Uint8Array(0) };
  const { source, destination } = ends;
  if (source.transport !== destination.transport) {
    throw new TypeError(
      `Cannot encode PROXY header: source is ${source.transport}, destination is ${destination.transport}`,
    );
  }
  if ("path" in source) {
    return encodeUnixEnds(source, destination as Deno.UnixAddr);
  }
  return encodeNetEnds(source, destination as Deno.NetAddr);
}

function encodeNetEnds(
  source: Deno.NetAddr,
  destination: Deno.NetAddr,
): { family: number; block: Uint8Array<ArrayBuffer> } {
  const version = commonFamily(source.hostname, destination.hostname);
  const size = version === 4 ? 4 : 16;
  const block = new Uint8Array(2 * size + 4);
  const view = new DataView(block.buffer);
  block.set(inFamily(source.hostname, version).toBytes());
  block.set(inFamily(destination.hostname, version).toBytes(), size);
  view.setUint16(2 * size, source.port);
  view.setUint16(2 * size + 2, destination.port);
  const protocol = source.transport === "udp" ? DGRAM : STREAM;
  return { family: (version === 4 ? INET : INET6) | protocol, block };
}

function encodeUnixEnds(
  source: Deno.UnixAddr,
  destination: Deno.UnixAddr,
): { family: number; block: Uint8Array<ArrayBuffer> } {
  const block = new Uint8Array(2 * UNIX_PATH);
  block.set(pathBytes(source.path));
  block.set(pathBytes(destination.path), UNIX_PATH);
  const protocol = source.transport === "unixpacket" ? DGRAM : STREAM;
  return { family: UNIX | protocol, block };
}

/** The path's bytes; a client's own path is often null in Deno although its type does not say so. */
function pathBytes(path: string | null): Uint8Array {
  const bytes = new TextEncoder().encode(path ?? "");
  if (bytes.length > UNIX_PATH) {
    throw new RangeError(
      `Cannot encode PROXY header: path of ${bytes.length} bytes, ${UNIX_PATH} fit`,
    );
  }
  return bytes;
}
