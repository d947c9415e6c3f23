"""An extension that allocates, as a test, for Benchmarks/run: prints nanoseconds a pair of malloc and free."""
import ctypes
import os
import time

known = ctypes.PyDLL(os.environ["KNOWN"])


def test_loop():
    known.allocate(1000)
    start = time.thread_time_ns()
    known.allocate(100000)
    print(f"ns={(time.thread_time_ns() - start) / 100000}")
