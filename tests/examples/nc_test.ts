/** examples/nc.ts over UDP: whom it sends to, and that it says why when it cannot. */
import assert from "node:assert/strict";
import { netcat, wishOf } from "../../examples/nc.ts";
import { listenDatagram } from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { start } from "../support/programs.ts";

/** Run nc.ts with "question" as its input. Over UDP it has no end but an error: the first answer is one here. */
function ask(...args: string[]): Promise<void> {
  const wish = wishOf(["-u", ...args]);
  assert.ok(wish !== "help");
  async function* input() {
    yield new TextEncoder().encode("question");
  }
  const write = (data: Uint8Array) =>
    Promise.reject(new Error(new TextDecoder().decode(data)));
  return netcat(wish, { input: input(), output: { write } });
}

test("nc.ts -u: --allow and --deny judge the receiver in every spelling", {
  net: true,
  read: true,
}, async () => {
  await using receiver = await listenDatagram();
  const port = String(receiver.addr.port);
  for (
    const args of [
      ["--deny", "127.0.0.0/8", "127.0.0.1"],
      ["--deny", "127.0.0.0/8", "0x7f.1"],
      ["--deny", "127.0.0.0/8", "::ffff:127.0.0.1"],
      ["--deny", "127.0.0.0/8", "0.0.0.0"],
      ["--deny", "127.0.0.0/8,::1", "localhost"],
      ["--allow", "192.0.2.0/24", "127.0.0.1"],
    ]
  ) {
    await assert.rejects(
      ask(...args, port),
      Deno.errors.PermissionDenied,
      args.join(" "),
    );
  }
  const asked = ask("--allow", "127.0.0.0/8", "127.0.0.1", port);
  const { data, from } = await receiver.receive();
  assert.equal(new TextDecoder().decode(data), "question");
  await receiver.send(new TextEncoder().encode("answer"), from);
  await assert.rejects(asked, { message: "answer" });
});

test("nc.ts -u: a receiver that is none is told", {
  net: true,
  read: true,
}, async () => {
  const failure = { name: "LookupError" };
  await assert.rejects(ask("nowhere.invalid", "1"), failure);
  await assert.rejects(ask("-4", "::1", "1"), failure);
});

test("nc.ts -u: a datagram that cannot be sent ends it with code 1", {
  net: true,
  read: true,
  env: true,
  run: [Deno.execPath()],
}, async () => {
  await using program = start(
    Deno.execPath(),
    ...["run", "--no-prompt", "--unstable-net", "--allow-net=0.0.0.0:0"],
    new URL("../../examples/nc.ts", import.meta.url).href,
    ...["-u", "127.0.0.1", "1"],
  );
  await program.stdin.write(new TextEncoder().encode("question"));
  assert.match((await program.errorLine())!, /^nc\.ts: Requires net access/);
  await assert.rejects(program.ended(), /ended with 1/);
});
