/** NSD, an authoritative DNS server, on a free port of loopback with one zone. */
import { hasProgram } from "../../support/permissions.ts";

/** The zone `lab.test`. */
export const ZONE = `$ORIGIN lab.test.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 20 mx2
@ MX 10 mx1
@ CAA 0 issue "ca.example"
ns A 127.0.0.1
mx1 A 192.0.2.11
mx2 A 192.0.2.12
host A 192.0.2.1
dual A 192.0.2.20
dual AAAA 2001:db8::20
c1 CNAME c2
c2 CNAME c3
c3 60 CNAME dual
nomail MX 0 .
noservice SRV 0 0 0 .
_sip._tcp SRV 1 0 5060 host
_sip._tcp SRV 2 7 5061 dual
txt TXT "a b" "" "c\\255d"
nap NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp
web HTTPS 1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1
svc SVCB 0 web
_443._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ssh SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
under_score A 192.0.2.9
below.empty A 192.0.2.10
evil CNAME a\\032b
toevil PTR a\\032b
*.wild A 192.0.2.99
xn--80akhbyknj4f A 192.0.2.33
loop1 CNAME loop2
loop2 CNAME loop1
nowhere CNAME gone
`;

/** Reverse names, in the zone 2.0.192.in-addr.arpa. */
const REVERSE = `$ORIGIN 2.0.192.in-addr.arpa.
$TTL 300
@ SOA ns.lab.test. hostmaster 1 3600 600 86400 60
@ NS ns.lab.test.
1 PTR host.lab.test.
9 PTR liar.lab.test.
20 PTR dual.lab.test.
20 PTR other.lab.test.
66 PTR evil\\;name\\032x.lab.test.
`;

/** Whether NSD is there. */
export const HAS_NSD: boolean = hasProgram("nsd");

/** A running NSD. */
export class Nsd {
  readonly port: number;
  readonly server: string;
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(
    port: number,
    process: Deno.ChildProcess,
    folder: string,
  ) {
    this.port = port;
    this.server = `127.0.0.1:${port}`;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(): Promise<Nsd> {
    const folder = await Deno.makeTempDir();
    const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = probe.addr;
    probe.close();
    await Deno.writeTextFile(`${folder}/lab`, ZONE);
    await Deno.writeTextFile(`${folder}/reverse`, REVERSE);
    await Deno.writeTextFile(
      `${folder}/nsd.conf`,
      `server:
  ip-address: 127.0.0.1@${port}
  zonesdir: ${folder}
  pidfile: ""
  xfrdfile: ""
  zonelistfile: ${folder}/zones
  database: ""
  username: ""
  chroot: ""
  server-count: 1
  tcp-query-count: 0
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: lab.test
  zonefile: lab
zone:
  name: 2.0.192.in-addr.arpa
  zonefile: reverse
`,
    );
    const process = new Deno.Command(nsdPath(), {
      args: ["-d", "-c", `${folder}/nsd.conf`],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await reachable(port);
    return new Nsd(port, process, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function nsdPath(): string {
  const folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"];
  return folders.map((folder) => `${folder}/nsd`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? "nsd";
}

/** It serves TCP as soon as it serves anything. */
async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  throw new Error("NSD did not start");
}
