// deno-lint-ignore-file no-console
// Node's net, tls and dgram as a server, for the bench; runs in Node and in Deno.
//
//   node tests/bench/peers/node_net.mjs SERVICE
//
// Prints the port that it listens on.
import dgram from "node:dgram";
import net from "node:net";
import process from "node:process";
import tls from "node:tls";
import { CERT, KEY } from "./certificate.mjs";

function echo(socket) {
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => {
    if (!socket.write(data)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  socket.on("end", () => socket.end());
}

function lines(socket) {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    for (const line of parts) socket.write(`${line}\n`);
  });
  socket.on("end", () => socket.end());
}

const OPTIONS = { noDelay: true, allowHalfOpen: true };

function start(service) {
  if (service === "udp") {
    const socket = dgram.createSocket("udp4");
    socket.on(
      "message",
      (data, from) => socket.send(data, from.port, from.address),
    );
    socket.bind(0, "127.0.0.1", () => console.log(socket.address().port));
    return;
  }
  const server = service === "tls"
    ? tls.createServer({ ...OPTIONS, cert: CERT, key: KEY }, echo)
    : net.createServer(OPTIONS, service === "lines" ? lines : echo);
  server.listen(
    { port: 0, host: "127.0.0.1", backlog: 4096 },
    () => console.log(server.address().port),
  );
}

start(process.argv[2]);
