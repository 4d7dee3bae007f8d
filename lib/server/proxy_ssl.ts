/**
 * What a PROXY header of version 2 says of the client's TLS (PP2_TYPE_SSL, section 2.2.6).
 *
 * @module
 */
import { ProtocolError } from "../errors.ts";
import type { ProxyTlv } from "./proxy_header.ts";
import {
  decodeTlvs,
  encodeTlvs,
  replaceTlvs,
  TLV,
  tlvText,
} from "./proxy_tlv.ts";

/** How the client connected to the proxy by TLS. */
export interface ProxySsl {
  /** Whether it connected by TLS at all. */
  overTls: boolean;
  /** Whether it presented a certificate on this very connection. */
  certInConnection: boolean;
  /** Whether it presented a certificate at least once in the TLS session, perhaps earlier. */
  certInSession: boolean;
  /**
   * The proxy's verification result, 0 for success. HAProxy says 0 for a client without any
   * certificate too: ask {@linkcode ProxySsl.verified} instead.
   */
  verify: number;
  /** Whether a certificate was presented and the proxy found it good. */
  verified: boolean;
  /** The protocol version, such as `"TLSv1.3"`. */
  version?: string;
  /** The Common Name of the client's certificate. */
  commonName?: string;
  /** The cipher, such as `"ECDHE-RSA-AES128-GCM-SHA256"`. */
  cipher?: string;
  /** The signature algorithm of the proxy's certificate, such as `"SHA256"`. */
  signatureAlgorithm?: string;
  /** The key algorithm of the proxy's certificate, such as `"RSA2048"`. */
  keyAlgorithm?: string;
  /** All sub-fields in their order, those decoded above included. */
  tlvs: ProxyTlv[];
}

/** What can be said of the client's TLS in a header that is sent; what is left out is false. */
export type ProxySslInit = Partial<ProxySsl>;

const OVER_TLS = 1;
const CERT_IN_CONNECTION = 2;
const CERT_IN_SESSION = 4;

/** The flags and the verification result. */
const SSL_HEADER = 5;

/** Decode the value of a PP2_TYPE_SSL field. */
export function decodeProxySsl(value: Uint8Array): ProxySsl {
  if (value.length < SSL_HEADER) {
    throw new ProtocolError(
      `Cannot decode PROXY header version 2: SSL TLV of ${value.length} bytes, needs ${SSL_HEADER}`,
    );
  }
  const view = new DataView(value.buffer, value.byteOffset);
  const client = view.getUint8(0);
  const verify = view.getUint32(1);
  const tlvs = decodeTlvs(value.subarray(SSL_HEADER));
  const certInConnection = (client & CERT_IN_CONNECTION) !== 0;
  const certInSession = (client & CERT_IN_SESSION) !== 0;
  const ssl: ProxySsl = {
    overTls: (client & OVER_TLS) !== 0,
    certInConnection,
    certInSession,
    verify,
    verified: (certInConnection || certInSession) && verify === 0,
    tlvs,
  };
  const version = tlvText(tlvs, TLV.sslVersion);
  const commonName = tlvText(tlvs, TLV.sslCommonName);
  const cipher = tlvText(tlvs, TLV.sslCipher);
  const signatureAlgorithm = tlvText(tlvs, TLV.sslSignatureAlgorithm);
  const keyAlgorithm = tlvText(tlvs, TLV.sslKeyAlgorithm);
  if (version !== undefined) ssl.version = version;
  if (commonName !== undefined) ssl.commonName = commonName;
  if (cipher !== undefined) ssl.cipher = cipher;
  if (signatureAlgorithm !== undefined) {
    ssl.signatureAlgorithm = signatureAlgorithm;
  }
  if (keyAlgorithm !== undefined) ssl.keyAlgorithm = keyAlgorithm;
  return ssl;
}

/** The value of a PP2_TYPE_SSL field. */
export function encodeProxySsl(init: ProxySslInit): Uint8Array<ArrayBuffer> {
  const fields = encodeTlvs(replaceTlvs(init.tlvs ?? [], [
    [TLV.sslVersion, init.version],
    [TLV.sslCommonName, init.commonName],
    [TLV.sslCipher, init.cipher],
    [TLV.sslSignatureAlgorithm, init.signatureAlgorithm],
    [TLV.sslKeyAlgorithm, init.keyAlgorithm],
  ]));
  const value = new Uint8Array(SSL_HEADER + fields.length);
  value[0] = (init.overTls ? OVER_TLS : 0) |
    (init.certInConnection ? CERT_IN_CONNECTION : 0) |
    (init.certInSession ? CERT_IN_SESSION : 0);
  const verify = init.verify ?? (init.verified ? 0 : 1);
  new DataView(value.buffer).setUint32(1, verify);
  value.set(fields, SSL_HEADER);
  return value;
}
