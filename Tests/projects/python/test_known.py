import ctypes
import os
import pathlib
import subprocess
import threading
import unittest

import pytest

known = ctypes.PyDLL(str(pathlib.Path(os.environ["KNOWN_DIRECTORY"], "libknown.so")))
allocation_free = pytest.mark.allocation_free
runs = []


@pytest.fixture
def prepared():
    known.allocate(7)
    return known.allocate


@allocation_free
def test_passes(prepared):
    prepared(0)


@allocation_free
def test_fails():
    known.allocate(3)


@allocation_free(after=2)
def test_warms_up():
    runs.append(1)
    known.allocate(0 if len(runs) == 3 else 3)


@allocation_free(up_to=3)
@pytest.mark.parametrize("calls", [3, 4])
def test_up_to(calls):
    known.allocate(calls)


@allocation_free(up_to=100)
def test_native_thread():
    known.allocate(1)
    known.allocate_in_thread()


@pytest.fixture
def earlier_thread():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    yield
    over.set()
    thread.join()


@allocation_free(up_to=100)
def test_earlier_thread(earlier_thread):
    known.allocate(0)


@allocation_free(up_to=10000)
def test_process():
    subprocess.run(["true"])


@allocation_free
async def test_async():
    known.allocate(3)


@allocation_free
def test_raises():
    raise KeyError("its own")


@allocation_free
def test_skips():
    pytest.skip("its own")


@allocation_free
def test_later():
    return (known.allocate(3) for _ in range(1))


class TestOfUnittest(unittest.TestCase):
    @allocation_free
    def test_unittest(self):
        known.allocate(0)
