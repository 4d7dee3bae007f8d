/**
 * What a load process is asked for, as the JSON on its command line.
 *
 * @module
 */

/** How clients behave. */
export type LoadKind = "stream" | "connect" | "udp" | "tls";

/** One window of load. */
export interface LoadOptions {
  kind: LoadKind;
  port: number;
  /** The server, whose CPU time and memory are measured. */
  pid: number;
  /** How many clients are active. */
  clients: number;
  /** How many connections are open besides and do nothing. */
  idle: number;
  /** Bytes of each message. */
  size: number;
  /** Messages in flight on each connection. */
  depth: number;
  /** How long a client pauses before its next message, in ms. */
  think: number;
  /** Seconds before anything counts. */
  warmup: number;
  /** Seconds that count. */
  seconds: number;
}
