package main

import (
	"os"
	"syscall"
	"unsafe"
)

func main() {
	file, problem := syscall.Open(os.Args[1], syscall.O_WRONLY|syscall.O_DIRECT, 0)
	room := make([]byte, 8192)
	aligned := 4096 - int(uintptr(unsafe.Pointer(&room[0]))%4096)
	for i := 0; i < 500 && problem == nil; i++ {
		_, problem = syscall.Pwrite(file, room[aligned:aligned+4096], int64(i)*4096)
	}
	if problem != nil {
		panic(problem)
	}
}
