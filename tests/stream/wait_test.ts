import assert from "node:assert/strict";
import { waitFor } from "../../lib/stream/wait.ts";
import { test } from "../support/permissions.ts";

test(
  "waitFor() counts what has passed before, and names the whole time-out",
  {},
  async () => {
    const never = new Promise<void>(() => {});
    const since = performance.now() - 60_000;
    await assert.rejects(waitFor(never, "open", { timeout: 60_000 }, since), {
      name: "TimeoutError",
      message: "Cannot open: not done within 60000 ms",
    });
  },
);
