/**
 * What the methods of a Resolver take and give.
 *
 * @module
 */
import type { WaitOptions } from "../stream/wait.ts";
import type { AnswerSource } from "./answer.ts";
import type { Address } from "./literal.ts";
import type { RecordMap, RecordType } from "./record_types.ts";

/** Options of {@linkcode Resolver.lookup}. */
export interface LookupOptions extends WaitOptions {
  /** Only addresses of that family; 0 or nothing for both. */
  family?: 0 | 4 | 6 | undefined;
}

/** Options of {@linkcode Resolver.reverse}. */
export interface ReverseOptions extends WaitOptions {
  /** Keep only names that lead back to the address: anyone can claim any name in a reverse zone. Default false. */
  verify?: boolean | undefined;
}

/** What {@linkcode Resolver.lookupDetail} gives. */
export interface LookupDetail {
  /** The canonical name: the end of the chain of aliases, or the first name of the hosts file's line. */
  hostname: string;
  /** The other names, the one that was asked for first; empty where none are known. */
  aliases: string[];
  /** The addresses, best first. */
  addresses: Address[];
  /** Seconds for which the answer may still be kept, where that is known. */
  ttl?: number;
  /** Who knew. */
  source: AnswerSource;
  /** The server that answered, where it is known. */
  server?: string;
}

/** What {@linkcode Resolver.resolveDetail} gives. */
export interface ResolveDetail<T extends RecordType = RecordType> {
  /** The owner of the records: the name that was asked for, or where its aliases led. */
  hostname: string;
  /** The names that led there, the one that was asked for first; empty where there are none or none are known. */
  aliases: string[];
  /** The records. */
  records: RecordMap[T][];
  /** Seconds for which the answer may still be kept, where that is known. */
  ttl?: number;
  /** Who knew. */
  source: AnswerSource;
  /** The server that answered, where it is known. */
  server?: string;
  /** Names in the answer that cannot be host names and were dropped, escaped; absent where there were none. */
  dropped?: string[];
}
