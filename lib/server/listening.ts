/**
 * The listening socket of a stream server in the course of time: it is closed and opened again to
 * suspend, to resume and to change the certificate, and closed for good in the end.
 *
 * @module
 */
import type { StreamListener } from "../socket/stream_listener.ts";
import { waitFor } from "../stream/wait.ts";
import type { Intake } from "./intake.ts";

/** How a certificate is replaced. */
export interface Certificate {
  /** The certificate chain, PEM. */
  cert: string;
  /** The private key, PEM. */
  key: string;
}

/** What may change when the place is opened again. */
export interface ListenChanges extends Partial<Certificate> {
  /** TCP instead of TLS: TLS is then on us. */
  transport?: "tcp";
}

/** Opens the place at `addr` again, with what has changed. */
export type Relisten = (
  addr: Deno.Addr,
  changes: ListenChanges,
) => Promise<StreamListener>;

/** What it works with. */
interface ListeningInit {
  /** Bound and listening. */
  listener: StreamListener;
  /** Absent where the server did not open the listener itself. */
  relisten: Relisten | undefined;
  /** Takes the connections. */
  intake: Intake;
  /** Told each time that it listens. */
  onListen: (addr: Deno.Addr) => void;
  /** Told when somebody else has closed the listener. */
  onLost: () => void;
}

/** How long a closed listener may take to let go of its last accept, in ms; ours take a turn. */
const CLOSE_TIMEOUT = 100;

/** How long until the place is tried again that could not be opened on nobody's behalf, in ms. */
const RETRY_MS = 100;

/** One server's listening socket. */
export class Listening {
  readonly #init: ListeningInit;
  #listener: StreamListener;
  #accepting: Promise<void> = Promise.resolve();
  #state: "listening" | "suspended" | "stopped" = "listening";
  #referenced = true;
  /** What to resume with, if it was changed meanwhile. */
  #changes: ListenChanges | undefined;
  /** The next attempt, where one is due. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Changes of the socket: one after the other. */
  #swapping: Promise<void> = Promise.resolve();

  constructor(init: ListeningInit) {
    this.#init = init;
    this.#listener = init.listener;
  }

  /** Begin to accept. */
  start(): void {
    this.#accept(this.#listener);
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  get suspended(): boolean {
    return this.#state === "suspended";
  }

  /** Keep the process alive for it, or let the process end. */
  setReferenced(referenced: boolean): void {
    this.#referenced = referenced;
    if (referenced) this.#listener.ref();
    else this.#listener.unref();
  }

  /** Close the socket for a while. */
  suspend(): Promise<void> {
    this.#mustReopen("suspend");
    return this.#swap(async () => {
      this.#endRetry();
      if (this.#state !== "listening") return;
      this.#state = "suspended";
      await this.#close();
    });
  }

  /** Open it again. */
  resume(): Promise<void> {
    this.#mustReopen("resume");
    return this.#swap(async () => {
      if (this.#state === "suspended") await this.#open(this.#changes);
    });
  }

  /** Listen with another certificate, or when suspended, resume with it. */
  setCertificate(certificate: Certificate): Promise<void> {
    this.#mustReopen("set certificate");
    return this.#swap(async () => {
      if (this.#state === "suspended") this.#changes = certificate;
      if (this.#state !== "listening") return;
      this.#state = "suspended";
      await this.#close();
      try {
        await this.#open(certificate);
      } catch (error) {
        // It is of no use: go on with the old one.
        await this.#reopen();
        throw error;
      }
    });
  }

  /**
   * Listen without TLS from now on, or when suspended, resume so.
   *
   * @param begin Called when the old socket is closed: from then on TLS is on the intake.
   */
  leaveTls(begin: () => void): Promise<void> {
    return this.#swap(async () => {
      const listens = this.#state === "listening";
      if (this.#state === "stopped") return;
      if (listens) {
        this.#state = "suspended";
        await this.#close();
      }
      begin();
      this.#changes = { transport: "tcp" };
      if (listens) await this.#reopen();
    });
  }

  /** Close the socket for good; resolves when its place is free. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#endRetry();
    await this.#close();
    await this.#swapping;
  }

  async #close(): Promise<void> {
    this.#init.intake.stop();
    const closed = Promise.all([
      this.#listener[Symbol.asyncDispose](),
      this.#accepting,
    ]);
    // An acceptor of somebody else's may not come back: no deadline may depend on it.
    await waitFor(closed, "close the listener", { timeout: CLOSE_TIMEOUT })
      .catch(() => {});
  }

  async #open(changes: ListenChanges = {}): Promise<void> {
    const listener = await this.#init.relisten!(this.addr, changes);
    if (this.#state !== "suspended") {
      // The server has ended meanwhile.
      await listener[Symbol.asyncDispose]();
      return;
    }
    this.#state = "listening";
    this.#endRetry();
    this.#changes = undefined;
    this.#listener = listener;
    if (!this.#referenced) listener.unref();
    this.#accept(listener);
  }

  /**
   * Open it again though nobody has asked for that, so that nobody would try again: while descriptors
   * are used up, somebody else may have taken the one that closing gave back.
   */
  async #reopen(): Promise<void> {
    try {
      await this.#open(this.#changes);
    } catch (error) {
      // It may have been stopped meanwhile.
      if (this.#state === "suspended") this.#retryLater();
      throw error;
    }
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#swap(async () => {
        if (this.#retry !== undefined) await this.#reopen();
      }).catch(() => {});
    }, RETRY_MS);
    if (!this.#referenced) Deno.unrefTimer(this.#retry as unknown as number);
  }

  #endRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #accept(listener: StreamListener): void {
    this.#accepting = this.#init.intake.run(listener).then(() => {
      const isOurDoing = this.#state !== "listening";
      if (!isOurDoing) this.#init.onLost();
    });
    this.#init.onListen(listener.addr);
  }

  /** Change the socket when the change before is through. */
  async #swap(change: () => Promise<void>): Promise<void> {
    const done = this.#swapping.then(change);
    this.#swapping = done.catch(() => {});
    await done;
  }

  #mustReopen(action: string): void {
    if (this.#init.relisten !== undefined) return;
    throw new TypeError(
      `Cannot ${action}: the server did not open its listener itself`,
    );
  }
}
