/**
 * What is measured: which service, under which load, and what this project promises for it.
 *
 * @module
 */
import { type Contender, FAIR_BARE, type Service } from "./contenders.ts";
import type { LoadOptions } from "./load/load_options.ts";

/** The load of a scenario, without what the run decides. */
export type Load = Omit<LoadOptions, "port" | "pid" | "warmup" | "seconds">;

/** A promise: ours divided by theirs, of CPU time per request unless told. */
export interface Goal {
  /** Who keeps the promise, if not this module with a function handler. */
  who?: string;
  than: string;
  atMost: number;
  /** What is compared. Default: CPU time per request. */
  of?: "cpu" | "p99";
}

/** One scenario. */
export interface Scenario {
  name: string;
  title: string;
  service: Service;
  load: Load;
  goals: readonly Goal[];
  /** Seconds of load before each window, where clients by the thousand must come in first. */
  warmup?: number;
  /** Whether each window needs a new process, because memory is what counts. */
  fresh?: boolean;
  /** What must hold of ours by itself. */
  fair?: number;
  /** What one of our connections may cost at most, in KiB; with `moreThan`, on top of what theirs costs. */
  memory?: { atMost: number; moreThan?: string };
  /** Who takes part besides. */
  also?: readonly Contender[];
  /** Who takes part, and how often, where a window is long. */
  only?: readonly string[];
  runs?: number;
}

const BASE: Load = {
  kind: "stream",
  clients: 64,
  idle: 0,
  size: 64,
  depth: 1,
  think: 0,
};

const OURS = "deno-socket";
const BARE = "bare Deno loop";

/** V8 tidies up when a program has been quiet for half a minute. */
const QUIET_SECONDS = 36;

/** All of them, in the order of the tables. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "echo-1",
    title: "echo, 1 connection × 64 B",
    service: "echo",
    load: { ...BASE, clients: 1 },
    goals: [],
  },
  {
    name: "echo-64",
    title: "echo, 64 connections × 64 B",
    service: "echo",
    load: BASE,
    goals: [
      { than: BARE, atMost: 1.05 },
      { who: "deno-socket, class handler", than: BARE, atMost: 1.07 },
      { than: "Node net", atMost: 0.95 },
      { than: "socketserver", atMost: 0.85 },
      { than: "asyncio streams", atMost: 0.65 },
      { than: "Go net", atMost: 1.3 },
    ],
  },
  {
    name: "echo-1000",
    title: "echo, 1000 connections × 64 B",
    service: "echo",
    load: { ...BASE, clients: 1000 },
    warmup: 1,
    also: [FAIR_BARE],
    fair: 0.99,
    goals: [
      { than: BARE, atMost: 1.05 },
      { than: "Go net", atMost: 2, of: "p99" },
    ],
  },
  {
    name: "echo-16k",
    title: "echo, 64 connections × 16 KiB",
    service: "echo",
    load: { ...BASE, size: 16_384 },
    goals: [],
  },
  {
    name: "lines-1",
    title: "lines, 1 in flight, 64 connections",
    service: "lines",
    load: BASE,
    goals: [
      { than: BARE, atMost: 1.05 },
      { than: "Node net", atMost: 0.95 },
      { than: "asyncio streams", atMost: 0.8 },
    ],
  },
  {
    name: "lines-16",
    title: "lines, 16 in flight, 64 connections",
    service: "lines",
    load: { ...BASE, depth: 16 },
    goals: [
      { than: BARE, atMost: 0.3 },
      { than: "Go net", atMost: 1 / 8 },
      { than: "Node net", atMost: 1 / 8 },
      { than: "socketserver", atMost: 1 / 8 },
    ],
  },
  {
    name: "connect",
    title: "connect, echo, close",
    service: "echo",
    load: { ...BASE, kind: "connect", clients: 32 },
    goals: [
      { than: BARE, atMost: 1.1 },
      { than: "Node net", atMost: 1 / 1.5 },
      { than: "asyncio streams", atMost: 1 / 1.5 },
    ],
  },
  {
    name: "udp",
    title: "UDP echo, 64 clients × 64 B",
    service: "udp",
    load: { ...BASE, kind: "udp" },
    goals: [
      { than: BARE, atMost: 0.9 },
      { than: "Node net", atMost: 0.9 },
      { than: "socketserver", atMost: 1 },
    ],
  },
  {
    name: "tls",
    title: "TLS echo, 64 connections × 64 B",
    service: "tls",
    load: { ...BASE, kind: "tls" },
    goals: [{ than: BARE, atMost: 1.05 }],
  },
  {
    name: "forward",
    title: "forwarder, 8 connections × 64 KiB",
    service: "forward",
    load: { ...BASE, clients: 8, size: 65_536 },
    goals: [{ than: BARE, atMost: 1 / 0.95 }],
  },
  {
    name: "think",
    title: "echo, 8000 connections that think 200 ms",
    service: "echo",
    load: { ...BASE, clients: 8000, think: 200 },
    warmup: 1.5,
    also: [FAIR_BARE],
    goals: [],
  },
  {
    name: "half-idle",
    title: "echo, 3000 active and 3000 idle connections",
    service: "echo",
    load: { ...BASE, clients: 3000, idle: 3000 },
    warmup: 1.5,
    also: [FAIR_BARE],
    fair: 0.98,
    goals: [],
  },
  {
    name: "idle",
    title: "5000 idle connections",
    service: "echo",
    load: { ...BASE, clients: 0, idle: 5000 },
    fresh: true,
    goals: [],
  },
  {
    name: "idle-tls",
    title: "500 idle TLS connections",
    service: "tls",
    load: { ...BASE, kind: "tls", clients: 0, idle: 500 },
    fresh: true,
    goals: [],
  },
  {
    name: "quiet",
    title: "10,000 connections, half a minute later",
    service: "echo",
    load: { ...BASE, clients: 0, idle: 10_000 },
    warmup: QUIET_SECONDS,
    fresh: true,
    memory: { atMost: 8 },
    only: [OURS, BARE],
    runs: 1,
    goals: [],
  },
  {
    name: "quiet-tls",
    title: "5000 TLS connections, half a minute later",
    service: "tls",
    load: { ...BASE, kind: "tls", clients: 0, idle: 5000 },
    warmup: QUIET_SECONDS,
    fresh: true,
    memory: { atMost: 1, moreThan: BARE },
    only: [OURS, BARE],
    runs: 1,
    goals: [],
  },
];
