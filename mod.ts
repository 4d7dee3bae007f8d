/**
 * Networking for Deno: addresses, names, sockets and servers in one import, with the words of
 * Python's `socket`, `socketserver` and `ipaddress`; typed, asynchronous and cancellable.
 *
 * @module
 */
export * from "./lib/errors.ts";

// Addresses
export * from "./lib/address/address_families.ts";
export { htonl, htons, ntohl, ntohs } from "./lib/address/byte_order.ts";
export { collapse } from "./lib/address/collapse.ts";
export type {
  EmbeddedIPv4,
  EmbeddedIPv4Kind,
} from "./lib/address/embedded_ipv4.ts";
export {
  type HostPort,
  joinHostPort,
  splitHostPort,
} from "./lib/address/host_port.ts";
export * from "./lib/address/inaddr.ts";
export { inet_aton } from "./lib/address/inet_aton.ts";
export { inet_ntoa, inet_ntop, inet_pton } from "./lib/address/inet_pton.ts";
export {
  compareAddresses,
  type IPAddress,
  isIP,
  isIPv4,
  isIPv6,
  parseAddress,
  tryParseAddress,
} from "./lib/address/ip_address.ts";
export { IPInterface } from "./lib/address/ip_interface.ts";
export { type IPNetwork, parseNetwork } from "./lib/address/ip_network.ts";
export { IPRange } from "./lib/address/ip_range.ts";
export { IPSet } from "./lib/address/ip_set.ts";
export * from "./lib/address/ipport.ts";
export * from "./lib/address/ipproto.ts";
export { IPv4Address } from "./lib/address/ipv4_address.ts";
export { IPv4Network } from "./lib/address/ipv4_network.ts";
export { IPv6Address } from "./lib/address/ipv6_address.ts";
export { IPv6Network } from "./lib/address/ipv6_network.ts";
export { MacAddress } from "./lib/address/mac_address.ts";
export type { DivisionOptions } from "./lib/address/network_division.ts";
export { type PrefixMatch, PrefixTable } from "./lib/address/prefix_table.ts";
export type { NetworkParseOptions } from "./lib/address/scan_network.ts";
export type { IPSetItem } from "./lib/address/set_item.ts";
export {
  type NetAddrLike,
  SocketAddress,
} from "./lib/address/socket_address.ts";
export type { SpecialPurposeEntry } from "./lib/address/special_purpose_entry.ts";
export { SPECIAL_PURPOSE_IPV4 } from "./lib/address/special_purpose_ipv4.ts";
export { SPECIAL_PURPOSE_IPV6 } from "./lib/address/special_purpose_ipv6.ts";
export { span, summarize } from "./lib/address/summarize.ts";

// Streams
export type {
  BytesCodec,
  Codec,
  Decoded,
  NeedMore,
} from "./lib/stream/codec.ts";
export type { CodecOptions } from "./lib/stream/codec_options.ts";
export { delimiterCodec } from "./lib/stream/delimiter_codec.ts";
export { fixedLengthCodec } from "./lib/stream/fixed_length_codec.ts";
export type {
  ReadSource,
  ReadTurn,
  TurnTaker,
} from "./lib/stream/read_source.ts";
export { jsonLinesCodec } from "./lib/stream/json_lines_codec.ts";
export {
  lengthPrefixedCodec,
  type LengthPrefixedCodecOptions,
} from "./lib/stream/length_prefixed_codec.ts";
export { lineCodec, type LineCodecOptions } from "./lib/stream/line_codec.ts";
export {
  MessageDecoderStream,
  MessageEncoderStream,
} from "./lib/stream/message_streams.ts";
export { netstringCodec } from "./lib/stream/netstring_codec.ts";
export type { WriteSink } from "./lib/stream/output.ts";
export type { PipeSource } from "./lib/stream/pipe.ts";
export type {
  IntegerReadOptions,
  ReadOptions,
  StreamReaderOptions,
} from "./lib/stream/read_options.ts";
export type { Separators } from "./lib/stream/separators.ts";
export { StreamReader } from "./lib/stream/stream_reader.ts";
export {
  StreamWriter,
  type StreamWriterOptions,
  type WriteLineOptions,
} from "./lib/stream/stream_writer.ts";
export type { WaitOptions } from "./lib/stream/wait.ts";

// Sockets
export type { GuardOptions } from "./lib/socket/address_guard.ts";
export type { AddressList } from "./lib/socket/address_list.ts";
export type { UnixPathOptions } from "./lib/socket/bind_unix.ts";
export type { ClientTlsOptions } from "./lib/socket/tls_options.ts";
export { connect } from "./lib/socket/connect.ts";
export type {
  ConnectOptions,
  TcpConnectOptions,
  TlsConnectOptions,
  UnixConnectOptions,
} from "./lib/socket/connect_options.ts";
export type { DatagramAddr, UdpAddr } from "./lib/socket/datagram_endpoint.ts";
export type { Datagram } from "./lib/socket/datagram_inbox.ts";
export { DatagramSocket } from "./lib/socket/datagram_socket.ts";
export type { DatagramTarget } from "./lib/socket/datagram_target.ts";
export type { DialOptions } from "./lib/socket/dial_tcp.ts";
export { listen } from "./lib/socket/listen.ts";
export {
  listenDatagram,
  type UdpListenOptions,
  type UnixDatagramListenOptions,
} from "./lib/socket/listen_datagram.ts";
export { type InheritedSocket, listenFds } from "./lib/socket/listen_fds.ts";
export type { MemoryListener } from "./lib/socket/memory_listener.ts";
export { memoryListener } from "./lib/socket/memory_listener.ts";
export type {
  UdpBindOptions,
  UnixDatagramBindOptions,
} from "./lib/socket/open_datagram.ts";
export type {
  BindOptions,
  TcpBindOptions,
  TlsBindOptions,
  UnixBindOptions,
} from "./lib/socket/open_listener.ts";
export type {
  HostResolver,
  ResolvedAddress,
} from "./lib/socket/resolve_host.ts";
export type { ServerTlsOptions } from "./lib/socket/tls_options.ts";
export { socketpair, type SocketPairOptions } from "./lib/socket/socketpair.ts";
export type {
  ServerStartTlsOptions,
  StartTlsOptions,
} from "./lib/socket/start_tls.ts";
export {
  type ListenerBase,
  type ListenerSetup,
  type StreamAcceptor,
  StreamListener,
} from "./lib/socket/stream_listener.ts";
export {
  StreamSocket,
  type StreamSocketLimits,
} from "./lib/socket/stream_socket.ts";
export type { TlsInfo, Transport } from "./lib/socket/transport.ts";

// Names
export type { AnswerSource } from "./lib/lookup/answer.ts";
export type { ResolverStats } from "./lib/lookup/asker.ts";
export {
  type AddrInfo,
  type AddrInfoOptions,
  getaddrinfo,
  type SocketType,
} from "./lib/lookup/getaddrinfo.ts";
export { gethostbyaddr } from "./lib/lookup/gethostbyaddr.ts";
export {
  gethostbyname,
  gethostbyname_ex,
  type HostEntry,
} from "./lib/lookup/gethostbyname.ts";
export { getfqdn, gethostname } from "./lib/lookup/gethostname.ts";
export {
  getnameinfo,
  type NameInfo,
  type NameInfoOptions,
} from "./lib/lookup/getnameinfo.ts";
export type { Address } from "./lib/lookup/literal.ts";
export type {
  LookupDetail,
  LookupOptions,
  ResolveDetail,
  ReverseOptions,
} from "./lib/lookup/lookup_types.ts";
export { getprotobyname } from "./lib/lookup/protocols.ts";
export type {
  CaaRecord,
  MxRecord,
  NaptrRecord,
  RecordMap,
  RecordType,
  SoaRecord,
  SrvRecord,
  SshfpRecord,
  SvcbRecord,
  TlsaRecord,
} from "./lib/lookup/record_types.ts";
export { Resolver } from "./lib/lookup/resolver.ts";
export type {
  ResolverBackend,
  ResolverOptions,
  ResolverServer,
} from "./lib/lookup/resolver_options.ts";
export { getservbyname, getservbyport } from "./lib/lookup/services.ts";

// Servers
export { BaseRequestHandler } from "./lib/server/base_request_handler.ts";
export {
  Connection,
  type ConnectionStartTlsOptions,
  type ConnectionTimeouts,
} from "./lib/server/connection.ts";
export type {
  CloseReason,
  ConnectionState,
} from "./lib/server/connection_control.ts";
export type {
  DatagramErrorContext,
  DatagramServerOptions,
  RequestOptions,
  SessionOptions,
  UdpAccessOptions,
  UdpServeOptions,
  UnixDatagramServeOptions,
} from "./lib/server/datagram_options.ts";
export type { DatagramRequest } from "./lib/server/datagram_request.ts";
export {
  type DatagramReplyWriter,
  DatagramRequestHandler,
} from "./lib/server/datagram_request_handler.ts";
export {
  DatagramServer,
  type DatagramServerState,
} from "./lib/server/datagram_server.ts";
export type {
  DatagramSession,
  SessionCloseReason,
} from "./lib/server/datagram_session.ts";
export type { SessionCloseHook } from "./lib/server/datagram_sessions.ts";
export type {
  DatagramDropReason,
  DatagramServerStats,
} from "./lib/server/datagram_stats.ts";
export {
  encodeProxyHeader,
  type ProxyHeaderInit,
} from "./lib/server/encode_proxy_header.ts";
export type {
  DrainReport,
  ShutdownOptions,
} from "./lib/server/graceful_shutdown.ts";
export type { Certificate } from "./lib/server/listening.ts";
export {
  formatPrometheus,
  type LabelledStats,
  PROMETHEUS_CONTENT_TYPE,
  type PrometheusOptions,
} from "./lib/server/prometheus.ts";
export {
  type DecodedProxyHeader,
  decodeProxyHeader,
  detectProxyHeader,
  type ProxyAddress,
  type ProxyHeader,
  type ProxyHeaderNeeds,
  type ProxyTlv,
} from "./lib/server/proxy_header.ts";
export type { ProxyProtocolOptions } from "./lib/server/proxy_protocol.ts";
export type { ProxySsl, ProxySslInit } from "./lib/server/proxy_ssl.ts";
export type { RateLimit } from "./lib/server/rate_limit.ts";
export { serve } from "./lib/server/serve.ts";
export {
  type DatagramHandler,
  type DatagramReply,
  serveDatagram,
} from "./lib/server/serve_datagram.ts";
export type {
  DropReason,
  FdServeOptions,
  ListenerServeOptions,
  ServeOptions,
  StreamErrorContext,
  StreamServerLimits,
  StreamServerOptions,
  TcpServeOptions,
  TlsServeOptions,
  UnixServeOptions,
} from "./lib/server/serve_options.ts";
export {
  serveSessions,
  type SessionHandler,
  type SessionServeOptions,
} from "./lib/server/serve_sessions.ts";
export type {
  StreamHandler,
  StreamHandlerClass,
  StreamHandlerFunction,
} from "./lib/server/stream_handler.ts";
export { StreamRequestHandler } from "./lib/server/stream_request_handler.ts";
export {
  StreamServer,
  type StreamServerState,
} from "./lib/server/stream_server.ts";
export type { StreamServerStats } from "./lib/server/stream_stats.ts";
