/** The test certificates of ./certs (see make.sh there for who vouches for whom). */

function read(name: string): string {
  return Deno.readTextFileSync(new URL(`certs/${name}`, import.meta.url));
}

/** Where one of the files is, for programs that want a path. */
export function certificatePath(name: string): string {
  return new URL(`certs/${name}`, import.meta.url).pathname;
}

/** The authority that vouches for `serverCertificate` and `clientCertificate`. */
export function authority(): string {
  return read("ca.pem");
}

/** For localhost, server.test, 127.0.0.1 and ::1. */
export function serverCertificate(): { cert: string; key: string } {
  return { cert: read("server.pem"), key: read("server.key") };
}

/** Of "client-one". */
export function clientCertificate(): { cert: string; key: string } {
  return { cert: read("client.pem"), key: read("client.key") };
}

/** One that nobody vouches for. */
export function selfSigned(): { cert: string; key: string } {
  return { cert: read("self.pem"), key: read("self.key") };
}

/**
 * One that nobody vouches for, of two common names, "one" and "two". It is for server.test and a URI,
 * which reads as if the certificate were for localhost, too.
 */
export function ambiguousCertificate(): { cert: string; key: string } {
  return { cert: read("odd.pem"), key: read("odd.key") };
}
