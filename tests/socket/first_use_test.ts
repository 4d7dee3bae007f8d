/** What is loaded with the first call. */
import assert from "node:assert/strict";
import { onFirstUse } from "../../lib/socket/first_use.ts";

Deno.test("onFirstUse lets a crowd share one loading", async () => {
  let loadings = 0;
  const load = onFirstUse(() => Promise.resolve(++loadings));
  assert.deepEqual(await Promise.all([load(), load()]), [1, 1]);
  assert.equal(await load(), 1);
});

Deno.test("onFirstUse loads again what could not be loaded", async () => {
  let loadings = 0;
  const load = onFirstUse(() =>
    ++loadings === 1
      ? Promise.reject(new TypeError("no such file"))
      : Promise.resolve(loadings)
  );
  await assert.rejects(Promise.all([load(), load()]), TypeError);
  assert.equal(await load(), 2);
});
