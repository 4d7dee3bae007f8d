/**
 * getservbyname and getservbyport: synchronous, from the system's table where reading it is granted
 * already, otherwise from our own.
 *
 * @module
 */
import { LookupError } from "../errors.ts";
import { quote } from "../stream/quote.ts";
import { checkPortNumber, checkText } from "./lookup_checks.ts";
import {
  embeddedServices,
  parseServices,
  type ServiceEntry,
  ServiceTable,
} from "./service_table.ts";
import { readSystemFileSync } from "./system_file.ts";

let system: ServiceTable | undefined;
let embedded: ServiceTable | undefined;

/** The entry of a service, or `undefined`: the system's table first, read once, then our own. */
export function findService(
  key: string | number,
  protocol?: string,
): ServiceEntry | undefined {
  if (system === undefined) {
    const text = readSystemFileSync("services");
    if (text !== undefined) system = new ServiceTable(parseServices(text));
  }
  const entry = system && find(system, key, protocol);
  if (entry !== undefined) return entry;
  embedded ??= new ServiceTable(embeddedServices());
  return find(embedded, key, protocol);
}

function find(
  table: ServiceTable,
  key: string | number,
  protocol: string | undefined,
): ServiceEntry | undefined {
  return typeof key === "string"
    ? table.byName(key, protocol)
    : table.byPort(key, protocol);
}

/**
 * The port of a service.
 *
 * Names are case-sensitive and aliases count. The system's `/etc/services` is read only where that
 * is granted already (`--allow-read=/etc/services`); what it does not say, a table of about 200
 * services that comes with this module answers. Nothing is asked of the network.
 *
 * @param name The service, such as `"http"`.
 * @param protocol `"tcp"` or `"udp"`; without it the first entry of that name counts.
 * @returns The port.
 * @throws {LookupError} With code `ESERVICE` if there is no such service over that protocol.
 * @throws {TypeError} If the name or the protocol is not a string.
 *
 * @example Ports by name
 * ```ts
 * import { getservbyname } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(getservbyname("http"), 80);
 * assert.equal(getservbyname("https", "udp"), 443);
 * assert.throws(() => getservbyname("http", "udp"), { code: "ESERVICE" });
 * ```
 */
export function getservbyname(name: string, protocol?: string): number {
  checkText("service name", name);
  checkProtocol(protocol);
  const entry = findService(name, protocol);
  if (entry === undefined) throw noService(name, protocol);
  return entry.port;
}

/**
 * The name of the service at a port.
 *
 * @param port The port, 0 to 65535.
 * @param protocol `"tcp"` or `"udp"`: 514 is `shell` over TCP and `syslog` over UDP. Without it the
 * first entry of that port counts.
 * @returns The service's usual name.
 * @throws {LookupError} With code `ESERVICE` if no service is known there.
 * @throws {RangeError} If the port is not a whole number from 0 to 65535.
 * @throws {TypeError} If the port is not a number or the protocol not a string.
 *
 * @example One port, two services
 * ```ts
 * import { getservbyport } from "@deno-socket/socket";
 * import assert from "node:assert/strict";
 *
 * assert.equal(getservbyport(514, "tcp"), "shell");
 * assert.equal(getservbyport(514, "udp"), "syslog");
 * ```
 */
export function getservbyport(port: number, protocol?: string): string {
  checkPortNumber(port);
  checkProtocol(protocol);
  const entry = findService(port, protocol);
  if (entry === undefined) throw noService(String(port), protocol);
  return entry.name;
}

function checkProtocol(protocol: unknown): void {
  if (protocol !== undefined) checkText("protocol", protocol);
}

/** The error for a service that is not known, or not over that protocol. */
export function noService(
  key: string,
  protocol: string | undefined,
): LookupError {
  const over = protocol === undefined ? "" : ` over ${quote(protocol)}`;
  return new LookupError(
    `Cannot look up service ${quote(key)}${over}: no such service`,
    { code: "ESERVICE", host: key },
  );
}
