/**
 * The PROXY protocol version 1: one line of text. Called by proxy_header.ts once the signature is
 * there, and by encode_proxy_header.ts.
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import {
  commonFamily,
  type ProxyEnds,
  proxyNetAddr,
  textInFamily,
} from "./proxy_address.ts";
import type { DecodedProxyHeader, ProxyHeaderNeeds } from "./proxy_header.ts";

/** Longest line, its CR LF included (section 2.1). */
const MAX_LENGTH = 107;

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

/**
 * Decode the line that starts the bytes.
 *
 * @throws {ProtocolError} If it is not exactly as section 2.1 says, or longer than 107 bytes.
 */
export function decodeProxyV1(
  bytes: Uint8Array,
): DecodedProxyHeader | ProxyHeaderNeeds {
  const reach = Math.min(bytes.length, MAX_LENGTH);
  let end = 0;
  while (end < reach && bytes[end] !== CARRIAGE_RETURN) {
    if (bytes[end] === LINE_FEED) throw bad("line feed without CR before it");
    end++;
  }
  if (end + 1 < reach && bytes[end + 1] !== LINE_FEED) {
    throw bad("CR without line feed after it");
  }
  if (end + 1 >= MAX_LENGTH) throw bad(`longer than ${MAX_LENGTH} bytes`);
  if (end + 1 >= reach) return { need: bytes.length + 1 };
  // Bytes above 127 become other characters, which no field allows and UNKNOWN ignores.
  const line = String.fromCharCode(...bytes.subarray(0, end));
  return { header: decodeLine(line), consumed: end + 2 };
}

function decodeLine(line: string): DecodedProxyHeader["header"] {
  // After UNKNOWN everything up to the end of the line is to be ignored.
  if (line === "PROXY UNKNOWN" || line.startsWith("PROXY UNKNOWN ")) {
    return { version: 1, command: "proxy", tlvs: [] };
  }
  const parts = line.split(" ");
  if (parts.length !== 6) {
    throw bad(`has ${parts.length} parts, needs 6 with one space between`);
  }
  const [, protocol, source, destination, sourcePort, destinationPort] =
    parts as [string, string, string, string, string, string];
  const family = protocol === "TCP4" ? 4 : protocol === "TCP6" ? 6 : undefined;
  if (family === undefined) {
    throw bad(
      `protocol ${JSON.stringify(protocol)} is not TCP4, TCP6 or UNKNOWN`,
    );
  }
  return {
    version: 1,
    command: "proxy",
    source: proxyNetAddr(source, family, decodePort(sourcePort)),
    destination: proxyNetAddr(destination, family, decodePort(destinationPort)),
    tlvs: [],
  };
}

/** A decimal port without sign and without leading zero. */
function decodePort(text: string): number {
  const port = /^(?:0|[1-9][0-9]{0,4})$/.test(text) ? Number(text) : Infinity;
  if (port > 65_535) throw bad(`port ${JSON.stringify(text)} is none`);
  return port;
}

function bad(reason: string): ProtocolError {
  return new ProtocolError(`Cannot decode PROXY header version 1: ${reason}`);
}

/**
 * The line for these ends, or `PROXY UNKNOWN` where there are none that it can tell of.
 *
 * @throws {RangeError} If the ends are not TCP.
 */
export function encodeProxyV1(
  ends: ProxyEnds | undefined,
): Uint8Array<ArrayBuffer> {
  let line = "PROXY UNKNOWN\r\n";
  if (ends !== undefined && ends.source.transport !== "unix") {
    const { source, destination } = ends;
    if (source.transport !== "tcp" || destination.transport !== "tcp") {
      throw new RangeError(
        `Cannot encode PROXY header version 1: it has no ${source.transport} addresses`,
      );
    }
    const family = commonFamily(source.hostname, destination.hostname);
    line = `PROXY TCP${family} ${textInFamily(source.hostname, family)} ${
      textInFamily(destination.hostname, family)
    } ${source.port} ${destination.port}\r\n`;
  }
  return new TextEncoder().encode(line);
}
