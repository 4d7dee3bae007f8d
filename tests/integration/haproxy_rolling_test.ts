/**
 * Two servers behind a real HAProxy are restarted one after the other under constant load: no
 * request fails, and the handlers see who the client is. The configuration is haproxy.cfg.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connect, type StreamSocket } from "../../mod.ts";
import { test } from "../support/permissions.ts";
import { type Program, start } from "../support/programs.ts";

const NEEDS = {
  net: true,
  read: true,
  write: true,
  env: true,
  run: ["haproxy", Deno.execPath()],
  timeout: 60_000,
};

/** Clients that ask all the time. */
const CLIENTS = 6;

function path(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** A port that nothing listens on; HAProxy cannot be asked for one of its choice. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Start a server and wait until it listens. */
async function startServer(mode: string, port: number): Promise<Program> {
  const program = start(
    Deno.execPath(),
    ...["run", "--no-prompt", "--quiet", "--allow-net=127.0.0.1"],
    path("rolling_server.ts"),
    ...[mode, String(port)],
  );
  assert.equal(await program.line(), `listening on ${port}`);
  return program;
}

/** Run HAProxy; as a daemon, it comes back once its ports are bound. */
async function startHaproxy(
  folder: string,
  env: Record<string, string>,
): Promise<Disposable> {
  const { code, stderr } = await new Deno.Command("haproxy", {
    args: ["-D", "-f", path("haproxy.cfg"), "-p", `${folder}/pid`],
    env,
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const pid = Number((await Deno.readTextFile(`${folder}/pid`)).trim());
  return { [Symbol.dispose]: () => Deno.kill(pid, "SIGKILL") };
}

/** Give HAProxy a command on its admin socket; gives the answer. */
async function tell(path: string, command: string): Promise<string> {
  await using admin = await connect({ transport: "unix", path });
  await admin.send(`${command}\n`);
  await admin.closeWrite();
  return new TextDecoder().decode(await admin.reader.readAll()).trim();
}

/** Take a server out, and wait until the last client that HAProxy has given to it has left. */
async function drain(admin: string, name: string): Promise<void> {
  const drained = await tell(admin, `set server servers/${name} state drain`);
  assert.equal(drained, "");
  for (let attempt = 0; attempt < 5000; attempt++) {
    const [head, ...rows] = (await tell(admin, "show stat")).split("\n")
      .map((line) => line.replace("# ", "").split(","));
    const row = rows.find((row) => row[0] === "servers" && row[1] === name)!;
    if (row[head!.indexOf("scur")] === "0") return;
  }
  throw new Error(`${name} does not drain`);
}

/** Ask once: over HTTP, or with a line. The answer is the server's process id. */
async function ask(client: StreamSocket<Deno.NetAddr>, mode: string) {
  if (mode === "http") {
    await client.send("GET / HTTP/1.1\r\nhost: test\r\n\r\n");
    const status = await client.reader.readLine();
    if (status !== "HTTP/1.1 200 OK") throw new Error(`answer: ${status}`);
    while (await client.reader.readLine()) { /* headers */ }
  } else await client.send("who\n");
  const answer = await client.reader.readLine();
  const { hostname, port } = client.localAddr;
  const [pid, ...from] = (answer ?? "nothing").split(" ");
  assert.equal(from.join(" "), `${hostname} ${port}`, `answer: ${answer}`);
  return pid!;
}

/** Constant load, and what came of it. */
class Load {
  readonly failures: string[] = [];
  requests = 0;
  /** Who answered, by process id. */
  readonly answered = new Map<string, number>();
  readonly #waiting = new Map<number, () => void>();
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(port: number, mode: string) {
    this.#clients = Array.from(
      { length: CLIENTS },
      () => this.#run(port, mode),
    );
  }

  /** Resolves when so many different processes have answered. */
  async answeredBy(count: number): Promise<void> {
    if (this.answered.size >= count) return;
    await new Promise<void>((resolve) => this.#waiting.set(count, resolve));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(port: number, mode: string): Promise<void> {
    while (!this.#stopped) {
      try {
        await using client = await connect({ port, timeout: 10_000 });
        // HAProxy keeps an HTTP client's connection whatever becomes of the server's.
        const turns = mode === "http" ? 5 : 1;
        for (let turn = 0; turn < turns; turn++) {
          this.#note(await ask(client, mode));
        }
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  #note(pid: string): void {
    this.requests++;
    this.answered.set(pid, (this.answered.get(pid) ?? 0) + 1);
    this.#waiting.get(this.answered.size)?.();
  }
}

for (const mode of ["http", "tcp"]) {
  test(
    `rolling restart behind HAProxy (mode ${mode}): no request fails`,
    NEEDS,
    async () => {
      const folder = await Deno.makeTempDir();
      const admin = `${folder}/admin`;
      const ports = { one: freePort(), two: freePort() };
      const front = freePort();
      const running: Program[] = [];
      try {
        running.push(
          await startServer(mode, ports.one),
          await startServer(mode, ports.two),
        );
        using _haproxy = await startHaproxy(folder, {
          MODE: mode,
          FRONT: `127.0.0.1:${front}`,
          ONE: `127.0.0.1:${ports.one}`,
          TWO: `127.0.0.1:${ports.two}`,
          ADMIN: admin,
        });
        const load = new Load(front, mode);
        try {
          await load.answeredBy(2);
          for (const [index, name] of (["one", "two"] as const).entries()) {
            const old = running[index]!;
            if (mode === "tcp") await drain(admin, name);
            old.kill("SIGTERM");
            await old.ended();
            await old[Symbol.asyncDispose]();
            running[index] = await startServer(mode, ports[name]);
            if (mode === "tcp") {
              const back = `set server servers/${name} state ready`;
              assert.equal(await tell(admin, back), "");
            }
            await load.answeredBy(3 + index);
          }
        } finally {
          await load.stop();
        }
        assert.deepEqual(load.failures, []);
        assert.equal(load.answered.size, 4, "four processes have answered");
      } finally {
        for (const program of running) await program[Symbol.asyncDispose]();
        await Deno.remove(folder, { recursive: true });
      }
    },
  );
}
