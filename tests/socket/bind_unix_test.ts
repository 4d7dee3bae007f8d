/** Binding a Unix socket: what stands at its path, whether that may go, and what is left when it fails. */
import assert from "node:assert/strict";
import { bindInPlace } from "../../lib/socket/bind_unix.ts";
import { checkVacant, removeStale } from "../../lib/socket/stale_socket.ts";
import { lastingPath } from "../../lib/socket/unix_name.ts";
import { test } from "../support/permissions.ts";

const NEEDS = { net: true, read: true, write: true };

/** A folder, and the path of a socket file in it that nobody listens on. */
async function deadSocket(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/s`;
  // Deno removes the path on close, so the file is elsewhere by then.
  const listener = Deno.listen({ transport: "unix", path: `${folder}/t` });
  await Deno.rename(`${folder}/t`, path);
  listener.close();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

test(
  "checkVacant() finds the file of a dead process, where it may go",
  NEEDS,
  async () => {
    await using dead = await deadSocket();
    const { path } = dead;
    const inUse = { name: "AddrInUse", code: "EADDRINUSE" };
    await assert.rejects(checkVacant(path, false), inUse);
    assert.equal((await checkVacant(path, true))?.isSocket, true);
    assert.equal(await checkVacant(`${path}x`, false), undefined);
    await Deno.writeTextFile(`${path}x`, "");
    await assert.rejects(checkVacant(`${path}x`, true), inUse);
  },
);

test(
  "removeStale() removes the file that was found, and no other",
  NEEDS,
  async () => {
    await using dead = await deadSocket();
    await using other = await deadSocket();
    const { path } = dead;
    const stale = (await checkVacant(path, true))!;
    await Deno.rename(other.path, path);
    assert.throws(() => removeStale(path, stale), {
      name: "AddrInUse",
      message: /somebody else/,
    });
    const found = (await checkVacant(path, true))!;
    removeStale(path, found);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    removeStale(path, found);
  },
);

test("bindInPlace() that fails closes the socket", NEEDS, () => {
  let closed = 0;
  const open = () => ({ close: () => closed++ });
  assert.throws(
    () => bindInPlace("/nowhere/at/all", 0o600, open),
    Deno.errors.NotFound,
  );
  assert.equal(closed, 1);
});

test(
  "lastingPath() stays what it is where it does not hang on the folder",
  NEEDS,
  () => {
    const before = Deno.cwd();
    for (const path of ["/absolute", "\0abstract"]) {
      try {
        const lasting = lastingPath(path);
        Deno.chdir("/");
        assert.equal(lasting(), path);
      } finally {
        Deno.chdir(before);
      }
    }
  },
);
