/** Assertions on lookups that fail. */
import assert from "node:assert/strict";
import { LookupError, type LookupErrorCode } from "../../../lib/errors.ts";

/** The lookup rejects with a LookupError of that code, which is given back. */
export async function failsWith(
  lookup: Promise<unknown>,
  code: LookupErrorCode,
): Promise<LookupError> {
  try {
    await lookup;
  } catch (error) {
    assert.ok(error instanceof LookupError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `not rejected with ${code}` });
}
