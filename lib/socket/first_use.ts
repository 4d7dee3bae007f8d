/**
 * Modules that most programs never need, loaded when somebody does: `import()` of a literal, so that
 * `deno compile` and `deno cache` see it. What a running server may come to need by itself is loaded before:
 * Deno 2.9.6 panics when it loads a file and no descriptor is left.
 *
 * @module
 */

/**
 * What loads a module when it is first called. All who call meanwhile share that one loading, since
 * each `import()` goes through all the files anew until it is done (7 ms: a thousand first
 * `connect()` at once would wait for seven seconds).
 */
export function onFirstUse<M>(load: () => Promise<M>): () => Promise<M> {
  let loading: Promise<M> | undefined;
  return () =>
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
}

/** Dialling. */
export const loadOpenConnection: () => Promise<
  typeof import("./open_connection.ts")
> = onFirstUse(() => import("./open_connection.ts"));

/** TLS on the server's side, through node:tls. */
export const loadServerTls: () => Promise<typeof import("./server_tls.ts")> =
  onFirstUse(() => import("./server_tls.ts"));

/** TLS on the client's side. */
export const loadClientTls: () => Promise<typeof import("./client_tls.ts")> =
  onFirstUse(() => import("./client_tls.ts"));

/** Reading certificates and keys. */
export const loadKeyPair: () => Promise<typeof import("./key_pair.ts")> =
  onFirstUse(() => import("./key_pair.ts"));

/** What Unix sockets are called. */
export const loadUnixName: () => Promise<typeof import("./unix_name.ts")> =
  onFirstUse(() => import("./unix_name.ts"));

/** Binding Unix sockets. */
export const loadBindUnix: () => Promise<typeof import("./bind_unix.ts")> =
  onFirstUse(() => import("./bind_unix.ts"));

/**
 * Load what a stream server and its handlers may first need at the worst moment, when strangers hold
 * all descriptors: `connect`, `startTls`, `setCertificate`. With everything else loaded it takes 3 ms.
 */
export async function loadForServers(): Promise<void> {
  await Promise.all([
    loadOpenConnection(),
    loadUnixName(),
    loadServerTls(),
    loadClientTls(),
    loadKeyPair(),
  ]);
}
