/**
 * A file that is parsed once and again only when it changes: for the hosts file and resolv.conf.
 *
 * It is looked at (stat) at most once a second, and only where reading it is granted already.
 *
 * @module
 */
import { granted } from "./granted.ts";

/** How long what is known counts as fresh, in milliseconds. */
const FRESH_FOR = 1_000;

/** The parsed content of a file. */
export class WatchedFile<T> {
  /** Where it is. */
  readonly path: string;
  readonly #parse: (text: string) => T | Promise<T>;
  /** How often its content has turned out to be another. */
  changes = 0;
  #value: T | undefined;
  #version = "";
  #checkedAt = -Infinity;
  #loading: Promise<T | undefined> | undefined;

  /** Nothing is read until it is asked for. */
  constructor(path: string, parse: (text: string) => T | Promise<T>) {
    this.path = path;
    this.#parse = parse;
  }

  /** Whether {@linkcode value} is what the file said less than a second ago. */
  get fresh(): boolean {
    return performance.now() - this.#checkedAt < FRESH_FOR;
  }

  /** What was read last; `undefined` where there is no such file or it may not be read. */
  get value(): T | undefined {
    return this.#value;
  }

  /** What the file says now. Calls at the same time share one look. */
  load(): Promise<T | undefined> {
    if (this.fresh) return Promise.resolve(this.#value);
    return this.#loading ??= this.#look().finally(() => {
      this.#checkedAt = performance.now();
      this.#loading = undefined;
    });
  }

  /** Look again at the next {@linkcode load}, however little time has passed. */
  expire(): void {
    this.#checkedAt = -Infinity;
  }

  async #look(): Promise<T | undefined> {
    if (!granted({ name: "read", path: this.path })) {
      return this.#forget();
    }
    try {
      const { isFile, mtime, size, ino } = await Deno.stat(this.path);
      // Reading a pipe could wait for ever.
      if (!isFile) return this.#forget();
      const version = `${mtime?.getTime()} ${size} ${ino}`;
      if (version !== this.#version) {
        this.#value = await this.#parse(await Deno.readTextFile(this.path));
        this.#version = version;
        this.changes++;
      }
      return this.#value;
    } catch {
      // No such file, or it went away in between: the same as an empty one.
      return this.#forget();
    }
  }

  #forget(): undefined {
    if (this.#version !== "") this.changes++;
    this.#version = "";
    this.#value = undefined;
  }
}
