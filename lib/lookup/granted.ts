/**
 * Whether a permission is granted already. Nothing in this room asks for more than its caller did:
 * what is only an improvement (the hosts file, the servers, the interfaces) is used where this says
 * yes and left out otherwise, so that nobody is prompted.
 *
 * @module
 */

/** Whether the permission stands, without asking for it. */
export function granted(descriptor: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(descriptor).state === "granted";
  } catch {
    // A host that cannot be written in a permission ("" or a bare IPv6 address) is not granted.
    return false;
  }
}

/** Whether connecting to that address and port is granted. */
export function grantedNet(address: string, port: number): boolean {
  const host = address.includes(":") ? `[${address}]` : address;
  return granted({ name: "net", host: `${host}:${port}` });
}
