/**
 * The PROXY protocol, written: what a forwarder sends first to tell the next server who the client
 * is. The reading side is proxy_header.ts.
 *
 * @module
 */
import { checkKnownOptions } from "../socket/known_options.ts";
import { quote } from "../stream/quote.ts";
import type { ProxyEnds } from "./proxy_address.ts";
import type { ProxyAddress, ProxyTlv } from "./proxy_header.ts";
import { encodeProxySsl, type ProxySslInit } from "./proxy_ssl.ts";
import { replaceTlvs, TLV } from "./proxy_tlv.ts";
import { encodeProxyV1 } from "./proxy_v1.ts";
import { encodeProxyV2 } from "./proxy_v2.ts";

/** What a PROXY header is to say. A decoded header may be given as it is, to be passed on. */
export interface ProxyHeaderInit {
  /** 1 is the line of text, 2 the binary form. Default 2. */
  version?: 1 | 2 | undefined;
  /** `"local"` for a connection of the proxy's own, such as a health check. Default `"proxy"`. */
  command?: "proxy" | "local" | undefined;
  /** The client: `conn.remoteAddr`. Left out together with `destination` where it is unknown. */
  source?: ProxyAddress | undefined;
  /** Where the client connected to: `conn.localAddr`. */
  destination?: ProxyAddress | undefined;
  /** Further fields (version 2 only); those named below replace fields of their type. */
  tlvs?: readonly ProxyTlv[] | undefined;
  /** The application protocol that was agreed on with the client. */
  alpn?: string | undefined;
  /** The host name that the client asked for: TLS' server name. */
  authority?: string | undefined;
  /** The connection's id across several proxies, at most 128 bytes. */
  uniqueId?: Uint8Array | undefined;
  /** The network namespace's name. */
  netns?: string | undefined;
  /** How the client connected by TLS. */
  ssl?: ProxySslInit | undefined;
  /** Whether to add a CRC-32C checksum (version 2 only). Default: where `tlvs` had one. */
  checksum?: boolean | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  "version",
  "command",
  "source",
  "destination",
  "tlvs",
  "alpn",
  "authority",
  "uniqueId",
  "netns",
  "ssl",
  "checksum",
]);

/**
 * Encode a PROXY header, to be sent before anything else on a connection.
 *
 * An IPv4 and an IPv6 end together are told as IPv6, the IPv4 one mapped. Version 1 knows TCP
 * only: it says UNKNOWN for Unix sockets and for `command: "local"`. A zone is left out.
 *
 * @param init What to say.
 * @returns The header's bytes.
 * @throws {TypeError} If an option does not exist, only one end is given, the ends are of
 *   different transports, or version 1 is to carry fields.
 * @throws {RangeError} If a port, a type or a length is out of range.
 * @throws {AddressSyntaxError} If a hostname is not an IP address.
 * @throws {LimitExceededError} If the header would be longer than 4 KiB.
 *
 * @example Tell the backend who the client is
 * ```ts
 * import { decodeProxyHeader, encodeProxyHeader } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const bytes = encodeProxyHeader({
 *   source: { transport: "tcp", hostname: "2001:db8::7", port: 56324 },
 *   destination: { transport: "tcp", hostname: "2001:db8::1", port: 443 },
 *   alpn: "h2",
 *   checksum: true,
 * });
 * const result = decodeProxyHeader(bytes);
 * assert.ok("header" in result);
 * assert.equal(result.header.alpn, "h2");
 * assert.equal(result.consumed, bytes.length);
 * ```
 */
export function encodeProxyHeader(
  init: ProxyHeaderInit,
): Uint8Array<ArrayBuffer> {
  const given: unknown = init;
  checkKnownOptions("Cannot encode PROXY header", given, OPTION_NAMES);
  const { version = 2, command = "proxy" } = init;
  if (version !== 1 && version !== 2) {
    throw new RangeError(
      `Cannot encode PROXY header: version ${quote(version)} is not 1 or 2`,
    );
  }
  if (command !== "proxy" && command !== "local") {
    throw new TypeError(
      `Cannot encode PROXY header: command ${
        quote(command)
      } is not "proxy" or "local"`,
    );
  }
  const ends = command === "local" ? undefined : endsOf(init);
  const { tlvs, checksum } = fieldsOf(init);
  if (version === 2) {
    return encodeProxyV2({ command, ends, tlvs, checksum });
  }
  if (tlvs.length > 0 || checksum) {
    throw new TypeError(
      "Cannot encode PROXY header version 1: it has no TLVs and no checksum",
    );
  }
  return encodeProxyV1(ends);
}

/** Both ends, or neither. */
function endsOf(
  { source, destination }: ProxyHeaderInit,
): ProxyEnds | undefined {
  if (source === undefined && destination === undefined) return undefined;
  if (source === undefined || destination === undefined) {
    throw new TypeError(
      `Cannot encode PROXY header: ${
        source === undefined ? "source" : "destination"
      } is missing`,
    );
  }
  for (const [key, end] of Object.entries({ source, destination })) {
    if ("port" in end && !isPort(end.port)) {
      throw new RangeError(
        `Cannot encode PROXY header: ${key} port ${end.port} is not from 0 to 65535`,
      );
    }
  }
  return { source, destination };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

/** All fields but the checksum, and whether there is to be one. */
function fieldsOf(
  init: ProxyHeaderInit,
): { tlvs: ProxyTlv[]; checksum: boolean } {
  if (init.uniqueId !== undefined && init.uniqueId.length > 128) {
    throw new RangeError(
      `Cannot encode PROXY header: unique id of ${init.uniqueId.length} bytes, at most 128 are allowed`,
    );
  }
  const given = init.tlvs ?? [];
  const named = replaceTlvs(given, [
    [TLV.alpn, init.alpn],
    [TLV.authority, init.authority],
    [TLV.uniqueId, init.uniqueId],
    [TLV.ssl, init.ssl === undefined ? undefined : encodeProxySsl(init.ssl)],
    [TLV.netns, init.netns],
  ]);
  const tlvs = named.filter(({ type }) => type !== TLV.crc32c);
  return { tlvs, checksum: init.checksum ?? tlvs.length < named.length };
}
