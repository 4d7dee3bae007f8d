#!/usr/bin/env bash
# Makes the certificates in this folder, for tests only: an authority, a server and a client that it
# vouches for, and two that nobody vouches for. They are valid for a hundred years, so run it only
# to change something, and under faketime(1) with a date long past, or a machine whose clock is behind
# refuses them: faketime 2020-01-01 bash make.sh. The authority's key is thrown away.
set -euo pipefail
cd "$(dirname "$0")"
curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
authority=$(mktemp -d)
trap 'rm -r "$authority"' EXIT

openssl req -x509 "${curve[@]}" -days 36500 -subj "/CN=deno-socket test CA" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
  -keyout "$authority/ca.key" -out ca.pem

vouch() { # name, common name, extensions
  openssl req "${curve[@]}" -subj "/CN=$2/O=deno-socket" -keyout "$1.key" -out "$authority/$1.csr"
  printf "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n%b\n" "$3" >"$authority/$1.ext"
  openssl x509 -req -in "$authority/$1.csr" -CA ca.pem -CAkey "$authority/ca.key" -CAcreateserial \
    -CAserial "$authority/serial" -days 36500 -extfile "$authority/$1.ext" -out "$1.pem"
}
vouch server localhost 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,DNS:server.test,IP:127.0.0.1,IP:::1'
vouch client client-one 'extendedKeyUsage=clientAuth'
openssl req -x509 "${curve[@]}" -days 36500 -subj "/CN=self" -keyout self.key -out self.pem
openssl req -x509 "${curve[@]}" -days 36500 -subj "/CN=one/CN=two" -keyout odd.key -out odd.pem -extensions odd \
  -config <(printf '[req]\ndistinguished_name=dn\n[dn]\n[odd]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=@names\n[names]\nDNS=server.test\nURI=http://one.test/, DNS:localhost\n')
