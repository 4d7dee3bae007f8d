/** What a resolver says, as addresses, and what the runtime says of a failed lookup, as a LookupError. */
import assert from "node:assert/strict";
import { LookupError } from "../../lib/errors.ts";
import { asLookupError, resolveHost } from "../../lib/socket/resolve_host.ts";
import { test } from "../support/permissions.ts";

const PREFIX = "failed to lookup address information: ";

test("asLookupError() tells failures of the lookup apart", {}, () => {
  const syscall = "getaddrinfo";
  const rows: [error: object, code: string | undefined][] = [
    [new Error(`${PREFIX}Name or service not known`), "ENOTFOUND"],
    [new Error(`${PREFIX}No address associated with hostname`), "ENOTFOUND"],
    [new Error(`${PREFIX}Temporary failure in name resolution`), "ESERVFAIL"],
    [new Error(`${PREFIX}Non-recoverable failure`), "EUNRESOLVED"],
    [{ code: "ENOTFOUND", errno: -3008, syscall }, "ENOTFOUND"],
    [{ code: "ENOTFOUND", errno: -3007, syscall }, "ENODATA"],
    [{ code: "EAI_AGAIN", syscall }, "ESERVFAIL"],
    [new Error("Name or service not known"), undefined],
    [new Deno.errors.ConnectionRefused(PREFIX.slice(0, 9)), undefined],
    // A firewall's, of the sending itself.
    [{ code: "EPERM", syscall: "send" }, undefined],
  ];
  for (const [error, code] of rows) {
    const told = asLookupError("a.test", error);
    if (code === undefined) {
      assert.equal(told, error);
      continue;
    }
    assert.ok(told instanceof LookupError);
    assert.deepEqual([told.code, told.host, told.cause], [
      code,
      "a.test",
      error,
    ]);
    assert.equal(asLookupError("b.test", told), told);
  }
  assert.ok(
    asLookupError("a.test", { code: "EPERM", syscall }) instanceof
      Deno.errors.NotCapable,
  );
});

test(
  "resolveHost() takes what a resolver says, zones included",
  {},
  async () => {
    const resolve = (found: unknown) =>
      resolveHost(
        "a.test",
        { lookup: () => Promise.resolve(found as []) },
        undefined,
      );
    const addresses = await resolve([
      { address: "192.0.2.1" },
      { address: "no address" },
      { address: "fe80::1", scope: "eth0" },
      { address: "fe80::2", scope: 3 },
    ]);
    assert.deepEqual(addresses.map(String), [
      "192.0.2.1",
      "fe80::1%eth0",
      "fe80::2%3",
    ]);
    await assert.rejects(resolve([]), { name: "LookupError", code: "ENODATA" });
    await assert.rejects(resolve([{ address: "no address" }]), {
      name: "AddressSyntaxError",
    });
    for (const bad of [undefined, null, {}, ["192.0.2.1"], [null]]) {
      await assert.rejects(resolve(bad), TypeError);
    }
  },
);
