/** The arrows of lib/ point down only (see the README's map), and address/ stays pure. */
import assert from "node:assert/strict";
import { test } from "./support/permissions.ts";

/** What each room may import from, itself aside. */
const ALLOWED: Record<string, string[]> = {
  "errors.ts": [],
  address: ["errors.ts"],
  stream: ["errors.ts"],
  socket: ["errors.ts", "address", "stream"],
  lookup: ["errors.ts", "address", "stream", "socket"],
  server: ["errors.ts", "address", "stream", "socket"],
};

const LIB = new URL("../lib/", import.meta.url);

function* sources(folder: URL): Generator<URL> {
  for (const entry of Deno.readDirSync(folder)) {
    const url = new URL(
      entry.isDirectory ? `${entry.name}/` : entry.name,
      folder,
    );
    if (entry.isDirectory) yield* sources(url);
    else if (entry.name.endsWith(".ts")) yield url;
  }
}

/** The code of a file, without comments and without what stands in its strings. */
function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
    " ",
  );
}

function specifiers(text: string): string[] {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, " ");
  const pattern =
    /(?:^\s*import\s*|\bfrom\s*|\bimport\s*\(\s*)["']([^"'\n]+)["']/gm;
  return [...withoutComments.matchAll(pattern)].map((match) => match[1]!);
}

/** Whether it has an `import()` of something else than a literal. */
function hasHiddenImport(text: string): boolean {
  return /\bimport\s*\(\s*[^\s"']/.test(text.replace(/\/\*[\s\S]*?\*\//g, " "));
}

test("lib imports point down only", { read: true }, () => {
  const faults: string[] = [];
  for (const url of sources(LIB)) {
    const path = url.href.slice(LIB.href.length);
    const room = path.split("/")[0]!;
    for (const specifier of specifiers(Deno.readTextFileSync(url))) {
      if (specifier.startsWith("node:")) {
        if (room === "address") faults.push(`${path}: ${specifier}`);
        continue;
      }
      if (!specifier.startsWith(".")) {
        faults.push(`${path}: ${specifier} is neither relative nor node:`);
        continue;
      }
      const target = new URL(specifier, url).href;
      if (!target.startsWith(LIB.href)) {
        faults.push(`${path}: ${specifier} leaves lib/`);
        continue;
      }
      const to = target.slice(LIB.href.length).split("/")[0]!;
      if (to !== room && !ALLOWED[room]?.includes(to)) {
        faults.push(`${path}: ${specifier}`);
      }
    }
  }
  assert.deepEqual(faults, []);
});

test(
  "lib imports nothing whose name is not written out",
  { read: true },
  () => {
    const faults: string[] = [];
    for (const url of sources(LIB)) {
      if (hasHiddenImport(Deno.readTextFileSync(url))) {
        faults.push(url.href.slice(LIB.href.length));
      }
    }
    // `deno compile` and `deno bundle` would leave it out, and this test would not see the arrow.
    assert.deepEqual(faults, []);
    assert.ok(hasHiddenImport("await import(name);"));
    assert.ok(!hasHiddenImport('await import(\n  "./x.ts"\n);'));
  },
);

test("the layering test sees an import that runs up", { read: true }, () => {
  assert.deepEqual(
    specifiers(
      'import {\n  a,\n} from "../server/x.ts";\nexport * from "./y.ts";\nawait import("node:tls");',
    ),
    ["../server/x.ts", "./y.ts", "node:tls"],
  );
});

test("lib/address never says Deno", { read: true }, () => {
  const faults: string[] = [];
  for (const url of sources(LIB)) {
    const path = url.href.slice(LIB.href.length);
    if (!path.startsWith("address/")) continue;
    if (/\bDeno\b/.test(codeOf(Deno.readTextFileSync(url)))) faults.push(path);
  }
  assert.deepEqual(faults, []);
});

test("the top level holds nothing but what the README's map shows", {
  read: true,
}, () => {
  const fixed = [
    "mod.ts",
    "lib",
    "examples",
    "tests",
    "deno.json",
    "README.md",
    "LICENSE",
  ];
  const extra = [...Deno.readDirSync(new URL("../", LIB))].map((entry) =>
    entry.name
  )
    .filter((name) =>
      !fixed.includes(name) && !name.startsWith(".") &&
      !["docs", "cov"].includes(name)
    );
  assert.deepEqual(extra, []);
});
