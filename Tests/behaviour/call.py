# Calls libc's functions, one a line, with errno 77 before, and prints what each returned and left in errno. Pointers are
# printed as such only, for their values differ from run to run. The words that stand for arguments are in `argument`.
import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
POINTERS = {
    "malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "memalign", "valloc", "pvalloc", "mmap", "mmap64",
    "mremap", "sbrk", "strdup", "popen", "fopen", "fmemopen", "fdopen", "tmpfile", "dlopen",
}
HUGE = (1 << 63) - 4096


# These return long or ssize_t; of an int the upper half of the register is anybody's.
LONGS = {
    "read", "write", "pread", "pwrite", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2",
    "pwritev2", "__read_chk", "__pread_chk", "lseek", "syscall", "malloc_usable_size",
}


def function(name):
    found = getattr(libc, name)
    nothing = None if name in ("free", "closefrom") else ctypes.c_int
    found.restype = ctypes.c_void_p if name in POINTERS else ctypes.c_long if name in LONGS else nothing
    return found


signal.signal(signal.SIGPIPE, signal.SIG_IGN)
open("regular", "w").write("0123456789" * 10)
open("readonly.txt", "w").write("read only")
reader, writer = os.pipe()
os.set_blocking(reader, False)
broken = os.pipe()
os.close(broken[0])
page = function("mmap")(None, ctypes.c_size_t(16384), 3, 34, -1, ctypes.c_long(0))
buffer = ctypes.create_string_buffer(8192)
out = ctypes.create_string_buffer(64)
words = (ctypes.c_char_p * 2)(b"word", None)


class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


vector = (Part * 2)(Part(ctypes.addressof(buffer), 7), Part(ctypes.addressof(buffer) + 4096, 9))
pages = (Part * 2)(Part(page, 4096), Part(page + 4096, 4096))
pipe_direct = os.pipe2(os.O_DIRECT | os.O_NONBLOCK)
FILES = {
    "pipe": reader,
    "broken": broken[1],
    "directory": os.open(".", os.O_RDONLY),
    "full": os.open("/dev/full", os.O_WRONLY),
    "directpipe": pipe_direct[0],
}


def stream(kind):
    if kind == "memory":
        return function("fmemopen")(None, ctypes.c_size_t(100), b"w+")
    if kind == "temporary":
        return function("tmpfile")()
    opened = function("fopen")(b"regular", b"r")
    if kind == "closed":
        os.close(libc.fileno(ctypes.c_void_p(opened)))
    return opened


def argument(word, name):
    made = {
        "huge": lambda: ctypes.c_size_t(HUGE),
        "null": lambda: ctypes.c_void_p(None),
        "buffer": lambda: buffer,
        "out": lambda: out,
        "vector": lambda: vector,
        "pages": lambda: pages,
        "words": lambda: words,
        "page": lambda: ctypes.c_void_p(page),
        "odd": lambda: ctypes.c_void_p(page + 1),
        "long": lambda: b"x" * 300,
        "empty": lambda: b"",
        "dup": lambda: os.dup(0),
        "library": lambda: ctypes.c_void_p(function("dlopen")(b"libm.so.6", 1)),
        "direct": lambda: os.open("direct", os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o600),
        "regular": lambda: os.open("regular", os.O_RDWR),
        "readonly": lambda: os.open("regular", os.O_RDONLY),
    }
    if word.lstrip("-").isdigit():
        return ctypes.c_long(int(word))
    if name == "fclose":
        return ctypes.c_void_p(stream(word))
    if ":" in word:
        kind, text = word.split(":")
        if kind == "popen":
            return ctypes.c_void_p(function("popen")(text.encode(), b"r"))
        sizes = [ctypes.c_size_t(int(text))] if kind == "malloc" else [ctypes.c_size_t(1), ctypes.c_size_t(int(text))]
        return ctypes.c_void_p(function(kind)(*sizes))
    if word in made:
        return made[word]()
    return FILES[word] if word in FILES else word.encode()


for line in sys.stdin:
    name, *given = line.split()
    called = function(name)
    arguments = [argument(word, name) for word in given]
    sys.stdout.flush()
    ctypes.set_errno(77)
    result = called(*arguments)
    left = ctypes.get_errno()
    if name in POINTERS:
        failed = result is None or result == (1 << 64) - 1
        result = "nothing" if failed else "a pointer"
    print(line.strip(), "->", result, left)
print(sorted(int(name) for name in os.listdir("/proc/self/fd")))
