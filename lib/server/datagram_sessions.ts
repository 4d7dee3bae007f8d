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
import { countReason } from "./stats.ts";

/** The hook that tells of a session's end. */
export type SessionCloseHook = (
  session: DatagramSession<UdpAddr>,
  reason: SessionCloseReason,
) => unknown;

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
  /** All whose handlers run. */
  readonly #running: Set<PeerSession<UdpAddr>> = new Set();
  #draining = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;

  constructor(
    core: DatagramCore<UdpAddr>,
    handle: (session: DatagramSession<UdpAddr>) => unknown,
    onClose: SessionCloseHook | undefined,
  ) {
    this.#core = core;
    this.#handle = handle;
    this.#onClose = onClose;
  }

  take(data: Uint8Array<ArrayBuffer>, from: UdpAddr): undefined {
    const key = `${from.port} ${from.hostname}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      if (this.#core.stats.active >= this.#core.settings.maxSessions) {
        this.#core.drop(from, "max-sessions");
        return;
      }
      session = new PeerSession(this.#core, from);
      this.#sessions.set(key, session);
      session.push(data);
      this.#run(session, key);
      return;
    }
    session.push(data);
  }

  async #run(session: PeerSession<UdpAddr>, key: string): Promise<void> {
    this.#core.begin();
    this.#running.add(session);
    this.#sweep();
    try {
      await this.#handle(session);
      session.reason ??= this.#draining ? "drained" : "done";
    } catch (error) {
      // After we have ended it, it most likely is our own reason coming back.
      if (!session.signal.aborted) {
        session.reason = "error";
        this.#core.stats.handlerErrors++;
        this.#core.report(error, {
          phase: "handler",
          remoteAddr: session.remoteAddr,
        });
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
    const isWanted = !this.#draining && !session.signal.aborted;
    for (const data of isWanted ? session.takeRest() : []) {
      this.take(data, session.remoteAddr);
    }
    if (this.#running.size === 0) this.#stopSweeping();
    this.onEnd();
  }

  #forget(session: PeerSession<UdpAddr>, key: string): void {
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  /** See to it that silent sessions are found; one interval for all. */
  #sweep(): void {
    const { sessionTimeout } = this.#core.settings;
    if (this.#sweeper !== undefined || sessionTimeout === Infinity) return;
    const interval = Math.min(Math.max(sessionTimeout / 4, 20), 1000);
    this.#sweeper = setInterval(() => {
      const oldest = performance.now() - sessionTimeout;
      for (const [key, session] of this.#sessions) {
        if (session.lastSeen > oldest) continue;
        this.#forget(session, key);
        session.abort(
          "idle-timeout",
          timeoutError("receive datagram", sessionTimeout),
        );
      }
    }, interval);
    Deno.unrefTimer(this.#sweeper as unknown as number);
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  drain(): void {
    this.#draining = true;
    for (const session of this.#running) session.close();
  }

  cut(reason: unknown): void {
    for (const session of this.#running) session.abort("cut", reason);
    this.#stopSweeping();
  }
}
