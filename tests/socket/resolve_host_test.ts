/** What the runtime says of a failed lookup, as a LookupError. */
import assert from "node:assert/strict";
import { LookupError } from "../../lib/errors.ts";
import { asLookupError } from "../../lib/socket/resolve_host.ts";
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
