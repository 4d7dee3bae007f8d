// The Go side of address_bench.ts: parses the same texts with net/netip and prints nanoseconds per address, the lower quartile.
//
// Usage: go run netip_peer.go texts.txt
package main

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"sort"
	"time"
)

var sink netip.Addr

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	var texts []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		texts = append(texts, scanner.Text())
	}
	var rounds []float64
	for round := 0; round < 41; round++ {
		start := time.Now()
		for _, text := range texts {
			sink, err = netip.ParseAddr(text)
			if err != nil {
				panic(err)
			}
		}
		rounds = append(rounds, float64(time.Since(start).Nanoseconds())/float64(len(texts)))
	}
	sort.Float64s(rounds)
	fmt.Println(rounds[len(rounds)/4])
}
