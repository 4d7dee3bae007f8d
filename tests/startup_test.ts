/** What importing mod.ts loads, and what waits for its first use: tests/bench/startup_bench.ts has the time. */
import assert from "node:assert/strict";
import { test } from "./support/permissions.ts";

const ROOT = new URL("../", import.meta.url);

/** What a module loads before it runs: no types, and no import() in its functions. */
function staticImports(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, " ");
  const pattern =
    /^(?:import|export)\s+(?!type\b)(?:[^;"']*?\bfrom\s*)?["']([^"']+)["']/gm;
  return [...code.matchAll(pattern)].map((match) => match[1]!);
}

/** Everything that the module loads, itself included, as paths from the root. */
function loadedBy(path: string): Set<string> {
  const loaded = new Set<string>();
  const open = [new URL(path, ROOT).href];
  for (const href of open) {
    const name = href.replace(ROOT.href, "");
    if (loaded.has(name)) continue;
    loaded.add(name);
    if (href.startsWith("node:")) continue;
    for (
      const specifier of staticImports(Deno.readTextFileSync(new URL(href)))
    ) {
      open.push(new URL(specifier, href).href);
    }
  }
  return loaded;
}

test("importing mod.ts loads no node: module", { read: true }, () => {
  const found = [...loadedBy("mod.ts")].filter((name) =>
    name.startsWith("node:")
  );
  assert.deepEqual(found, []);
});

test("what serves, dials, binds and looks up waits for its first use", {
  read: true,
}, () => {
  const loaded = loadedBy("mod.ts");
  const later = [
    "lib/lookup/lookups.ts",
    "lib/server/start_datagram_server.ts",
    "lib/server/start_sessions.ts",
    "lib/server/start_stream_server.ts",
    "lib/socket/bind_unix.ts",
    "lib/socket/client_tls.ts",
    "lib/socket/open_connection.ts",
    "lib/socket/open_datagram_socket.ts",
    "lib/socket/open_listener.ts",
    "lib/socket/server_tls.ts",
    "lib/socket/unix_name.ts",
  ];
  for (const name of later) {
    // It must exist, or the test would say nothing.
    Deno.statSync(new URL(name, ROOT));
    assert.ok(!loaded.has(name), `mod.ts loads ${name}`);
  }
});

test(
  "servers load inherited sockets and Unix paths when asked for",
  {
    read: true,
  },
  () => {
    const loaded = loadedBy("lib/server/start_stream_server.ts");
    assert.ok(loaded.has("lib/server/intake.ts"));
    for (const name of ["adopt_listener", "bind_unix"]) {
      assert.ok(!loaded.has(`lib/socket/${name}.ts`), name);
    }
  },
);

test("the start-up test sees what is loaded", {}, () => {
  assert.deepEqual(
    staticImports(
      'import a from "./a.ts";\nimport {\n  b,\n  type C,\n} from "./b.ts";\n' +
        'import type { D } from "./d.ts";\nexport * from "./e.ts";\nimport "./f.ts";\n' +
        'export type { G } from "./g.ts";\nconst h = await import("./h.ts");\n' +
        'let i: typeof import("./i.ts");\nexport const j = "./j.ts";\n',
    ),
    ["./a.ts", "./b.ts", "./e.ts", "./f.ts"],
  );
});
