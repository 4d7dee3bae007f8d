/** SystemConf: what resolv.conf says, and what counts more. */
import assert from "node:assert/strict";
import {
  type ResolverOptions,
  resolverSettings,
} from "../../lib/lookup/resolver_options.ts";
import { SystemConf } from "../../lib/lookup/system_conf.ts";
import { test } from "../support/permissions.ts";

const FILES = { net: true, read: true, write: true };

test("SystemConf: the options count more than resolv.conf", FILES, async () => {
  const resolvConf = await Deno.makeTempFile();
  await Deno.writeTextFile(
    resolvConf,
    "nameserver 192.0.2.1\nsearch lab.test\noptions ndots:2\n",
  );
  const rows: [options: ResolverOptions, candidates: string[]][] = [
    [{}, ["a.b.lab.test", "a.b"]],
    [{ ndots: 1 }, ["a.b", "a.b.lab.test"]],
    [{ search: ["x.test"] }, ["a.b.x.test", "a.b"]],
    [{ search: [] }, ["a.b"]],
    // Given servers have nothing to do with the file.
    [{ servers: ["192.0.2.2"] }, ["a.b"]],
    [{ servers: ["192.0.2.2"], search: ["x.test"] }, ["a.b", "a.b.x.test"]],
  ];
  for (const [options, candidates] of rows) {
    const conf = new SystemConf(resolverSettings({ resolvConf, ...options }));
    const own = options.servers === undefined;
    assert.equal(conf.fresh, !own);
    assert.equal(conf.changes, 0);
    await conf.refresh();
    assert.equal(conf.fresh, true);
    assert.equal(conf.changes, own ? 1 : 0);
    assert.deepEqual(conf.candidates("a.b", false), candidates);
    assert.deepEqual(conf.candidates("a.b", true), ["a.b"]);
    assert.deepEqual(conf.value?.servers, own ? ["192.0.2.1"] : undefined);
    assert.equal(conf.searchUnknown, false);
  }
  await Deno.remove(resolvConf);
});

test(
  "SystemConf: who may reach servers asks them, not the system",
  FILES,
  () => {
    const rows: [options: ResolverOptions, onlySystem: boolean][] = [
      [{}, false],
      [{ backend: "resolveDns" }, false],
      [{ backend: "wire" }, false],
      [{ servers: ["192.0.2.2"] }, false],
      [{ backend: "system" }, true],
    ];
    for (const [options, onlySystem] of rows) {
      const conf = new SystemConf(resolverSettings(options));
      assert.equal(conf.onlySystem("a.test"), onlySystem);
    }
  },
);
