/**
 * How values print in the console and the REPL: their class and their text, instead of an empty object
 * (all their fields are `#private`). Called once per class, by sockets and servers too.
 *
 * @module
 */

/** The two runtimes' hooks, by name: this room is as good in a browser, which has neither. */
const HOOKS = [
  Symbol.for("Deno.customInspect"),
  Symbol.for("nodejs.util.inspect.custom"),
];

/** Let instances of `type` print as `Type text`, and be that text as a string if they have no other. */
export function printAs<T extends object>(
  type: { readonly name: string; readonly prototype: T },
  text: (value: T) => string,
): void {
  if (type.prototype.toString === Object.prototype.toString) {
    Object.defineProperty(type.prototype, "toString", {
      value(this: T) {
        return text(this);
      },
      configurable: true,
      writable: true,
    });
  }
  for (const hook of HOOKS) {
    Object.defineProperty(type.prototype, hook, {
      value(this: T) {
        // A prototype, which has none of what there is to show.
        if (Object.hasOwn(this, "constructor")) return `${type.name} {}`;
        return `${type.name} ${text(this)}`;
      },
      configurable: true,
    });
  }
}
