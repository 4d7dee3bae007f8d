/**
 * The load process: one window of load as the JSON argument tells, the sample as JSON on its
 * standard output. The bench starts one for each window.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { connectLoad } from "./connect_load.ts";
import type { LoadKind, LoadOptions } from "./load_options.ts";
import type { Sample } from "./meter.ts";
import { streamLoad } from "./stream_load.ts";
import { tlsLoad } from "./tls_load.ts";
import { udpLoad } from "./udp_load.ts";

const LOADS: Record<
  LoadKind,
  (options: LoadOptions) => Sample | Promise<Sample>
> = {
  stream: streamLoad,
  connect: connectLoad,
  udp: udpLoad,
  tls: tlsLoad,
};

const options: LoadOptions = JSON.parse(Deno.args[0]!);
console.log(JSON.stringify(await LOADS[options.kind](options)));
Deno.exit(0);
