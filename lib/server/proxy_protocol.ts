/**
 * The option `proxyProtocol`: from whom a PROXY header is believed, and reading it off a connection
 * before anything else is. What the header's bytes mean is in proxy_header.ts.
 *
 * @module
 */
import type { IPSet } from "../address/ip_set.ts";
import { ProtocolError } from "../errors.ts";
import { type AddressList, addressSet } from "../socket/address_list.ts";
import { checkKnownOptions } from "../socket/known_options.ts";
import type { Transport } from "../socket/transport.ts";
import { readInTurn } from "../stream/read_source.ts";
import { quote } from "../stream/quote.ts";
import { ReplayedTransport } from "./replayed_transport.ts";
import {
  decodeProxyHeader,
  detectProxyHeader,
  type ProxyHeader,
} from "./proxy_header.ts";

/** How PROXY headers are taken. */
export interface ProxyProtocolOptions {
  /** The proxies: a header from anybody else would be a forged address. Unix sockets are always trusted. */
  trusted: AddressList;
  /**
   * `"require"` (the default) drops whoever is not trusted or sends no header; `"optional"` takes them as
   * clients that connect directly.
   */
  mode?: "require" | "optional" | undefined;
}

/** Longer than any header that is accepted: version 2 takes at most 4 KiB. */
const MOST = 4096;

/** Reads the headers of one server. */
export class ProxyProtocol {
  readonly #trusted: IPSet;
  readonly #required: boolean;

  /**
   * Make one from the option.
   *
   * @throws {TypeError} If a key is unknown, `trusted` is no list or `mode` is neither of the two.
   */
  constructor(options: ProxyProtocolOptions) {
    checkKnownOptions("Cannot use proxyProtocol", options, KEYS);
    const { trusted, mode = "require" } = options;
    if (mode !== "require" && mode !== "optional") {
      throw new TypeError(
        `Cannot use proxyProtocol.mode ${
          quote(mode)
        }: must be "require" or "optional"`,
      );
    }
    this.#trusted = addressSet("proxyProtocol.trusted", trusted);
    this.#required = mode === "require";
  }

  /**
   * Read the header off a connection. Closing the transport ends it.
   *
   * @returns The connection as its client's own.
   * @throws {ProtocolError} If there is no correct header where there must be one, or it comes from
   *   somebody who is not trusted.
   */
  async receive(transport: Transport): Promise<ReplayedTransport> {
    if (!this.#trusts(transport.remoteAddr)) {
      if (this.#required) {
        throw new ProtocolError("Cannot accept: the proxy is not trusted");
      }
      return new ReplayedTransport(transport, undefined, NOTHING);
    }
    const bytes = new Uint8Array(MOST);
    for (let length = 0;;) {
      const count = await readInTurn(transport, bytes.subarray(length));
      const got = bytes.subarray(0, length += count ?? 0);
      if (!this.#required && detectProxyHeader(got) === "none") {
        return new ReplayedTransport(transport, undefined, got);
      }
      const decoded = decodeProxyHeader(got);
      if ("header" in decoded) {
        const { header, consumed } = decoded;
        checkSource(header, transport);
        return new ReplayedTransport(transport, header, got.slice(consumed));
      }
      if (count === null) {
        if (!this.#required) {
          return new ReplayedTransport(transport, undefined, got);
        }
        throw new ProtocolError(
          "Cannot read PROXY header: the stream ended inside it",
        );
      }
      // Unreachable for a correct decoder, which refuses what is longer.
      if (length === MOST) {
        throw new ProtocolError("Cannot read PROXY header: too long");
      }
    }
  }

  #trusts(addr: Deno.Addr): boolean {
    return !("hostname" in addr) || this.#trusted.has(addr.hostname);
  }
}

const KEYS = new Set(["trusted", "mode"]);
const NOTHING = new Uint8Array(0);

/** A stream's client cannot be a datagram's sender. */
function checkSource({ source }: ProxyHeader, transport: Transport): void {
  if (source === undefined) return;
  if (source.transport === "tcp" || source.transport === "unix") return;
  throw new ProtocolError(
    `Cannot accept: PROXY header of ${source.transport} on ${transport.localAddr.transport}`,
  );
}
