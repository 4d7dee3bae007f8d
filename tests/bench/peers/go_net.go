// Go's net as a server, for the bench: a goroutine for each connection.
//
//	go run tests/bench/peers/go_net.go SERVICE
//
// Prints the port that it listens on.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
)

func echo(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err = conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func lines(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		if _, err = conn.Write([]byte(line)); err != nil {
			return
		}
	}
}

func udp() {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		panic(err)
	}
	fmt.Println(conn.LocalAddr().(*net.UDPAddr).Port)
	buffer := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFromUDP(buffer)
		if err == nil {
			conn.WriteToUDP(buffer[:n], from)
		}
	}
}

func main() {
	// The others have one thread for their work, so Go gets one core as well.
	runtime.GOMAXPROCS(1)
	service := os.Args[1]
	if service == "udp" {
		udp()
	}
	handle := map[string]func(net.Conn){"echo": echo, "lines": lines}[service]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err == nil {
			go handle(conn)
		}
	}
}
