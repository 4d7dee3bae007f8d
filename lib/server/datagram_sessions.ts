/**
 * The service of `serveSessions`: one handler call per peer, its datagrams queued for it alone, so
 * that a slow one holds up nobody else.
 *
 * @module
 */
import type { UdpAddr } from "../socket/datagram_endpoint.ts";
import { timeoutError } from "../stream/wait.ts";
import type { DatagramCore, DatagramService } from "./datagram_core.ts";
import {
  type DatagramSession,
  PeerSession,
  type SessionCloseReason,
} from "./datagram_session.ts";
import { countReason } from "./stream_stats.ts";
import { Sweep } from "./sweep.ts";

/** The hook that tells of a session's end. */
export type SessionCloseHook = (
  session: DatagramSession<UdpAddr>,
  reason: SessionCloseReason,
) => unknown;

/** So long everybody may take for a second datagram, in ms, however many want in. */
const EVICTION_GRACE_MS = 1000;

/** How many microtasks an ended handler has to leave; an ordinary one takes about five. */
const EVICTION_TURNS = 20;

/** The service. */
export class DatagramSessions implements DatagramService<UdpAddr> {
  /** One, so that the datagrams of a peer stay in order. */
  readonly loops = 1;
  readonly isSerial = false;
  /** Receiving never pauses: what nobody takes is dropped, session by session. */
  readonly room: number = Infinity;
  onRoom: () => void = () => {};
  onEnd: () => void = () => {};
  readonly #core: DatagramCore<UdpAddr>;
  readonly #handle: (session: DatagramSession<UdpAddr>) => unknown;
  readonly #onClose: SessionCloseHook | undefined;
  /** Sessions that take datagrams, by peer. One that is idle has left, though its handler may still run. */
  readonly #sessions: Map<string, PeerSession<UdpAddr>> = new Map();
  /** Those of them that have been heard only once, the oldest first, with their peer. */
  readonly #strangers: Map<PeerSession<UdpAddr>, string> = new Map();
  /** All whose handlers run. */
  readonly #running: Set<PeerSession<UdpAddr>> = new Set();
  /** No session begins any more. */
  #draining = false;
  readonly #sweep: Sweep = new Sweep((now) => this.#look(now));

  constructor(
    core: DatagramCore<UdpAddr>,
    handle: (session: DatagramSession<UdpAddr>) => unknown,
    onClose: SessionCloseHook | undefined,
  ) {
    this.#core = core;
    this.#handle = handle;
    this.#onClose = onClose;
  }

  take(
    data: Uint8Array<ArrayBuffer>,
    from: UdpAddr,
  ): Promise<void> | undefined {
    const key = `${from.port} ${from.hostname}`;
    const session = this.#sessions.get(key);
    if (session !== undefined) {
      this.#strangers.delete(session);
      session.push(data);
    } else if (!this.#isFull) this.#begin(data, from, key);
    else if (this.#evictStranger()) return this.#replace(data, from, key);
    else this.#core.drop(from, "max-sessions");
    return undefined;
  }

  get #isFull(): boolean {
    return this.#core.stats.active >= this.#core.settings.maxSessions;
  }

  #begin(
    data: Uint8Array<ArrayBuffer>,
    from: UdpAddr,
    key: string,
  ): void {
    const balance = { remoteAddr: from, received: 0, sent: 0 };
    const session = new PeerSession(this.#core, balance);
    this.#strangers.set(session, key);
    session.push(data);
    this.#run(session, key);
  }

  /**
   * End the session that has waited longest for its second datagram. A forged address sends one and is
   * never heard again: sixty seconds of such a flood must not lock everybody else out.
   */
  #evictStranger(): boolean {
    for (const [session, key] of this.#strangers) {
      if (performance.now() - session.lastSeen < EVICTION_GRACE_MS) break;
      this.#forget(session, key);
      session.abort("evicted", evicted);
      return true;
    }
    return false;
  }

  /** A handler that waited for its peer ends within some microtasks, and its place is taken. */
  async #replace(
    data: Uint8Array<ArrayBuffer>,
    from: UdpAddr,
    key: string,
  ): Promise<void> {
    for (let turn = 0; turn < EVICTION_TURNS && this.#isFull; turn++) {
      await undefined;
    }
    if (this.#draining) this.#core.drop(from, "draining");
    else if (this.#isFull) this.#core.drop(from, "max-sessions");
    else this.#begin(data, from, key);
  }

  async #run(session: PeerSession<UdpAddr>, key: string): Promise<void> {
    this.#core.begin();
    this.#sessions.set(key, session);
    this.#running.add(session);
    this.#sweep.require(this.#core.settings.sessionTimeout);
    try {
      await this.#handle(session);
      session.reason ??= this.#draining ? "drained" : "done";
    } catch (error) {
      // After we have ended it, it most likely is our own reason coming back.
      if (!session.isAborted) {
        session.reason = "error";
        this.#core.handlerFailed(error, session.remoteAddr);
      }
    }
    this.#end(session, key);
  }

  #end(session: PeerSession<UdpAddr>, key: string): void {
    session.close();
    this.#forget(session, key);
    this.#running.delete(session);
    this.#core.stats.active--;
    const reason = session.reason ?? "done";
    countReason(this.#core.stats.closes, reason);
    const onClose = this.#onClose;
    if (onClose !== undefined) {
      this.#core.callHook(() => onClose(session, reason));
    }
    const isWanted = !this.#draining && !session.isAborted;
    const next = isWanted ? session.successor() : undefined;
    if (next !== undefined) this.#run(next, key);
    else session.discard();
    if (this.#running.size === 0) this.#sweep.stop();
    this.onEnd();
  }

  #forget(session: PeerSession<UdpAddr>, key: string): void {
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
    this.#strangers.delete(session);
  }

  /** End those that have been silent for too long. */
  #look(now: number): void {
    const { sessionTimeout } = this.#core.settings;
    for (const [key, session] of this.#sessions) {
      if (session.lastSeen > now - sessionTimeout) continue;
      this.#forget(session, key);
      session.abort(
        "idle-timeout",
        () => timeoutError("receive datagram", sessionTimeout),
      );
    }
  }

  drain(): void {
    this.#draining = true;
    for (const session of this.#running) session.close();
  }

  cut(reason: unknown): void {
    this.#draining = true;
    for (const session of this.#running) session.abort("cut", () => reason);
    this.#sweep.stop();
  }
}

function evicted(): DOMException {
  return new DOMException("The session made room for another", "AbortError");
}
