/** Every public name stands where callers look for it, with every member that they rely on. */
import assert from "node:assert/strict";
import * as mod from "../../mod.ts";
import { test } from "../support/permissions.ts";

const NAMES = `
inet_aton inet_ntoa inet_pton inet_ntop htons htonl ntohs ntohl
AF_INET AF_INET6 AF_UNIX INADDR_ANY INADDR_LOOPBACK INADDR_BROADCAST INADDR_NONE INADDR_UNSPEC_GROUP
INADDR_ALLHOSTS_GROUP INADDR_MAX_LOCAL_GROUP IPPORT_RESERVED IPPORT_USERRESERVED IPPROTO_TCP IPPROTO_UDP IPPROTO_ICMP
IPPROTO_IPV6 IPv4Address IPv6Address parseAddress tryParseAddress isIP isIPv4 isIPv6 compareAddresses IPv4Network
IPv6Network IPInterface parseNetwork collapse summarize span IPRange IPSet PrefixTable SPECIAL_PURPOSE_IPV4
SPECIAL_PURPOSE_IPV6 SocketAddress splitHostPort joinHostPort MacAddress
StreamReader StreamWriter lineCodec delimiterCodec lengthPrefixedCodec fixedLengthCodec netstringCodec jsonLinesCodec
connect listen listenDatagram socketpair memoryListener StreamSocket DatagramSocket StreamListener
gethostname getfqdn gethostbyname gethostbyname_ex gethostbyaddr getaddrinfo getnameinfo getservbyname getservbyport
getprotobyname Resolver
serve serveDatagram serveSessions BaseRequestHandler StreamRequestHandler DatagramRequestHandler Connection
StreamServer DatagramServer formatPrometheus
AddressSyntaxError LookupError LimitExceededError IncompleteReadError ProtocolError`
  .trim().split(/\s+/);

const ADDRESS =
  `version bitLength toString toJSON toBytes copyTo toBigInt equals compareTo add subtract next previous
distanceTo mask and or xor not toNetwork reversePointer isUnspecified isLoopback isPrivate isLinkLocal isMulticast
isReserved isDocumentation isBenchmarking isGlobal specialPurpose`;
const NETWORK =
  `address prefixLength netmask hostmask first last broadcast size toString contains overlaps isSubnetOf
isSupernetOf at hosts subnets supernet exclude compareTo specialPurpose isGlobal isPrivate isLoopback isMulticast`;

/** What instances have. */
const MEMBERS: Record<string, string> = {
  IPv4Address: `${ADDRESS} toUint32 octets isBroadcast isShared toIPv4Mapped`,
  IPv6Address:
    `${ADDRESS} zone withZone withoutZone groups toExpandedString isUniqueLocal isSiteLocal isIPv4Mapped
    multicastScope ipv4Mapped unmap embeddedIPv4`,
  IPv4Network: NETWORK,
  IPv6Network: NETWORK,
  IPRange: "contains overlaps toNetworks size",
  IPSet:
    `has overlaps union intersection difference complement isSubsetOf isSupersetOf isDisjointFrom ranges networks size`,
  PrefixTable: "set get delete lookup lookupAll entries size",
  SocketAddress: "toString toDenoAddr",
  MacAddress: "toEui64 isMulticast isLocal",
  StreamReader:
    `read readInto readExactly readUntil readLine readAll peek skip skipUntil readUint8 readUint16 readUint32
    readMessage lines messages chunks atEof buffered bytesRead`,
  StreamWriter:
    "write tryWrite writeLine writeMessage pipeFrom flush bytesWritten buffered",
  StreamSocket:
    `recv recvInto send lines messages reader writer readable writable localAddr remoteAddr tls closeWrite
    close abort setNoDelay setKeepAlive startTls closed`,
  DatagramSocket:
    "receive send connect joinMulticastV4 joinMulticastV6 addr close",
  Connection:
    `id server signal drainSignal draining state openedAt bytesRead bytesWritten proxy waitForInput
    setTimeouts deadline startTls`,
  StreamServer:
    `addr state stats connections finished suspend resume shutdown close setOptions setCertificate ref unref`,
  DatagramServer: "addr state stats finished send shutdown close ref unref",
  StreamRequestHandler: "setup handle finish connection rfile wfile",
  DatagramRequestHandler: "setup handle finish packet wfile",
  Resolver:
    "lookup lookupDetail reverse resolve resolveDetail clearCache stats",
};

/** What classes have. */
const STATICS: Record<string, string> = {
  IPv4Address:
    "parse tryParse fromBytes fromBigInt fromReversePointer fromUint32 ANY LOOPBACK BROADCAST",
  IPv6Address:
    "parse tryParse fromBytes fromBigInt fromReversePointer fromEui64 ANY LOOPBACK",
  IPv4Network: "parse tryParse from",
  IPv6Network: "parse tryParse from",
  IPInterface: "parse tryParse from",
  IPRange: "parse tryParse from",
  IPSet: "from",
  SocketAddress: "parse tryParse fromDenoAddr",
  MacAddress: "parse tryParse fromBytes",
};

const exported = mod as unknown as Record<string, { prototype?: object }>;

test("mod.ts exports every public name", {}, () => {
  assert.deepEqual(NAMES.filter((name) => exported[name] === undefined), []);
});

test("classes have every public member", {}, () => {
  const missing: string[] = [];
  // Methods that a class only declares, and fields that its constructor sets.
  const own = new Set([
    "StreamRequestHandler.handle",
    "DatagramRequestHandler.handle",
    "IPRange.size",
    "DatagramSocket.addr",
    "DatagramServer.addr",
    "DatagramServer.finished",
    "DatagramRequestHandler.packet",
    "DatagramRequestHandler.wfile",
  ]);
  for (const [name, members] of Object.entries(MEMBERS)) {
    const prototype = exported[name]?.prototype;
    for (const member of members.split(/\s+/)) {
      const there = prototype !== undefined && member in prototype;
      if (!there && !own.has(`${name}.${member}`)) {
        missing.push(`${name}.${member}`);
      }
    }
  }
  for (const [name, members] of Object.entries(STATICS)) {
    for (const member of members.split(/\s+/)) {
      if (!(member in (exported[name] ?? {}))) {
        missing.push(`${name}.${member}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

test("classes have no statics that are only for their makers", {}, () => {
  const unnamed: string[] = [];
  for (const [name, type] of Object.entries(exported)) {
    if (typeof type !== "function") continue;
    const known = (STATICS[name] ?? "").split(/\s+/);
    for (const key of Object.getOwnPropertyNames(type)) {
      if (["length", "name", "prototype", ...known].includes(key)) continue;
      unnamed.push(`${name}.${key}`);
    }
  }
  assert.deepEqual(unnamed, []);
});
