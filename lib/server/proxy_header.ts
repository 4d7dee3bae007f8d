/**
 * The PROXY protocol, read: what a load balancer puts in front of a connection to tell who the
 * client is. This file has the types, tells the versions apart and dispatches; proxy_v1.ts and
 * proxy_v2.ts decode. Pure: the server feeds it what has arrived.
 *
 * @see https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { ProxySsl } from "./proxy_ssl.ts";
import { decodeProxyV1 } from "./proxy_v1.ts";
import { decodeProxyV2, SIGNATURE_V2 } from "./proxy_v2.ts";

/** An end of the connection that a PROXY header tells of. */
export type ProxyAddress = Deno.NetAddr | Deno.UnixAddr;

/** One type-length-value field of a version 2 header, as it came. */
export interface ProxyTlv {
  /** Its type, 0 to 255; 0xE0 to 0xEF are for applications, such as 0xEA for AWS' endpoint id. */
  type: number;
  /** Its value. */
  value: Uint8Array<ArrayBuffer>;
}

/** What a PROXY header says. */
export interface ProxyHeader {
  /** 1 is the line of text, 2 the binary form. */
  version: 1 | 2;
  /** `"local"`: the proxy itself connected (a health check), so the real addresses count. */
  command: "proxy" | "local";
  /** The client as the proxy sees it; absent when unknown, then the real address counts. */
  source?: ProxyAddress;
  /** Where the client connected to; absent together with `source`. */
  destination?: ProxyAddress;
  /** All fields of a version 2 header in their order, those decoded below included. */
  tlvs: ProxyTlv[];
  /** The application protocol that the client agreed on with the proxy. */
  alpn?: string;
  /** The host name that the client asked for: TLS' server name. */
  authority?: string;
  /** The connection's id across several proxies, at most 128 bytes. */
  uniqueId?: Uint8Array<ArrayBuffer>;
  /** The network namespace's name. */
  netns?: string;
  /** How the client connected to the proxy by TLS. */
  ssl?: ProxySsl;
}

/** A whole header was there: it took the first `consumed` bytes. */
export interface DecodedProxyHeader {
  /** What it says. */
  header: ProxyHeader;
  /** Its length; the client's own bytes follow. */
  consumed: number;
}

/** The header is not complete: how many bytes are needed in all before it is worth asking again. */
export interface ProxyHeaderNeeds {
  /** At least one more than there were. */
  need: number;
}

/** "PROXY ", which begins version 1. */
const SIGNATURE_V1 = new Uint8Array([80, 82, 79, 88, 89, 32]);

/** Whether the bytes begin with the whole signature, could still, or do not. */
function match(
  bytes: Uint8Array,
  signature: Uint8Array,
): "whole" | "part" | "none" {
  const length = Math.min(bytes.length, signature.length);
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== signature[i]) return "none";
  }
  return length === signature.length ? "whole" : "part";
}

/**
 * Tell from the first bytes whether a PROXY header begins the stream, for a port where it may be
 * missing: `"v1"` or `"v2"` when one does, `"none"` when it does not, `"more"` while nobody can say.
 *
 * Only for peers that are trusted: whoever may leave the header out may also forge it.
 *
 * @param bytes What has arrived.
 *
 * @example Three beginnings
 * ```ts
 * import { detectProxyHeader } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const detect = (text: string) => detectProxyHeader(new TextEncoder().encode(text));
 * assert.equal(detect("PROXY TCP4 "), "v1");
 * assert.equal(detect("POST / HTTP/1.1"), "none");
 * assert.equal(detect("P"), "more");
 * ```
 */
export function detectProxyHeader(
  bytes: Uint8Array,
): "v1" | "v2" | "none" | "more" {
  const one = match(bytes, SIGNATURE_V1);
  if (one === "whole") return "v1";
  const two = match(bytes, SIGNATURE_V2);
  if (two === "whole") return "v2";
  return one === "none" && two === "none" ? "none" : "more";
}

/**
 * Decode the PROXY header at the start of a stream, version 1 or 2.
 *
 * Call it with all bytes that have arrived, from one byte on, until it gives a header. It is
 * strict: whatever the specification does not allow is an error at the first byte that shows it,
 * and the connection should be closed, since nobody can say where the client's own bytes begin.
 * Version 1 may take 107 bytes, version 2 takes 4 KiB at most here. A checksum, where there is
 * one, is verified. IPv4-mapped addresses are given as IPv4.
 *
 * @param bytes What has arrived; only borrowed.
 * @returns The header and its length, or how many bytes are needed.
 * @throws {ProtocolError} If the bytes are not a correct header.
 *
 * @example Version 1
 * ```ts
 * import { decodeProxyHeader } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * const line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
 * const result = decodeProxyHeader(new TextEncoder().encode(line + "GET /"));
 * assert.ok("header" in result);
 * assert.equal(result.consumed, line.length);
 * assert.deepEqual(result.header.source, { transport: "tcp", hostname: "192.0.2.7", port: 56324 });
 * ```
 */
export function decodeProxyHeader(
  bytes: Uint8Array,
): DecodedProxyHeader | ProxyHeaderNeeds {
  switch (detectProxyHeader(bytes)) {
    case "v1":
      return decodeProxyV1(bytes);
    case "v2":
      return decodeProxyV2(bytes);
    case "more":
      return { need: bytes.length + 1 };
    default:
      throw new ProtocolError(
        "Cannot decode PROXY header: the stream does not begin with one",
      );
  }
}
