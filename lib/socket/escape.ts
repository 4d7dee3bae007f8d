/**
 * Text that a peer controls, made safe to print: no line break, no terminal command, no
 * reordering can come out of it. Addresses as text and everything that servers print go through here.
 *
 * @module
 */

/**
 * What a terminal or a log reader acts on instead of showing it: C0, DEL and C1 controls, soft
 * hyphen, zero-width and bidirectional controls ("Trojan Source", CVE-2021-42574), line and
 * paragraph separators, byte order mark, half surrogates, tags; and the backslash, so that the result
 * is unambiguous.
 */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\0-\x1f\x7f-\x9f\\\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/gu;

const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
};

/**
 * The text on one line, with JavaScript's escapes for what is unsafe.
 *
 * @param longest Cut after so many UTF-16 code units of input; the cut is shown as `…`.
 */
export function escapeText(text: string, longest = 1000): string {
  const cut = text.length > longest ? text.slice(0, longest) : text;
  return cut.replace(UNSAFE, escapeOne) + (cut === text ? "" : "…");
}

function escapeOne(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0)!;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return `\\u${code.toString(16).padStart(4, "0")}`;
}
