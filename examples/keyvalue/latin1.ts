/**
 * Bytes as text of one character each: any bytes can be a key, and come back the same.
 *
 * @module
 */

/** The text of these bytes. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** The way back. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Peer's bytes for a message: cut, and without control characters. */
export function quoted(bytes: Uint8Array): string {
  return `'${latin1(bytes.subarray(0, 128)).replace(/[^\x20-\x7e]/g, "?")}'`;
}
