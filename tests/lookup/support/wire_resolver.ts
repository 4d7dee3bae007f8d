/** Resolvers that ask a fake server over the wire, and servers that answer when they are told. */
import { Resolver } from "../../../lib/lookup/resolver.ts";
import type { ResolverOptions } from "../../../lib/lookup/resolver_options.ts";
import { type FakeDns, type FakeQuery, replyA } from "./fake_dns.ts";

/** A resolver that asks that server and nobody else. */
export function wire(fake: FakeDns, options: ResolverOptions = {}): Resolver {
  return new Resolver({
    backend: "wire",
    servers: [fake.server],
    hosts: false,
    ...options,
  });
}

/** What a server does that holds its answers back. */
export interface Held {
  behaviour: (query: FakeQuery) => Promise<Uint8Array>;
  /** Answer what was asked, and what will be. */
  release: () => void;
  /** Resolves with the first question. */
  asked: Promise<void>;
}

/** A server that holds its answers back until it is told. */
export function held(): Held {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  return {
    behaviour: async (query) => {
      onAsked();
      await promise;
      return replyA(query);
    },
    release: resolve,
    asked,
  };
}
