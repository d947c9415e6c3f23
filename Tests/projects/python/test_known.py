import asyncio
import ctypes
import gc
import mmap
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


async def allocates(calls):
    await asyncio.sleep(0)
    known.allocate(calls)


@pytest.fixture
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@allocation_free
@pytest.mark.parametrize("calls", [0, 2])
def test_in_loop(loop, calls):
    loop.run_until_complete(allocates(calls))


@allocation_free(up_to=10000)
def test_loop_of_threads(loop):
    loop.run_until_complete(loop.run_in_executor(None, known.allocate, 3))


@allocation_free
@pytest.mark.asyncio
@pytest.mark.parametrize("calls", [0, 3])
async def test_by_plugin(calls):
    await allocates(calls)


class Cyclic:
    def __init__(self):
        self.itself = self

    def __del__(self):
        known.allocate(2)


@pytest.fixture
def often_collected():
    before = gc.get_threshold()
    gc.set_threshold(5)
    yield
    gc.set_threshold(*before)
    assert gc.isenabled()


@allocation_free
def test_garbage_waits(often_collected):
    for _ in range(10):
        Cyclic()


@allocation_free
def test_collects():
    Cyclic()
    gc.collect()


@allocation_free
def test_small_object():
    return [None] * 8 and None


@allocation_free
def test_large_object():
    bytes(4096)


@pytest.fixture
def direct():
    path = f"/var/tmp/dioaudit-python-{os.getpid()}"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o600)
    block = mmap.mmap(-1, 4096)
    assert os.pwrite(file, block, 0) == 4096
    yield file, block
    os.close(file)
    os.unlink(path)


@allocation_free
def test_direct_read(direct):
    file, block = direct
    assert os.preadv(file, [block], 0) == 4096


@allocation_free
def test_direct_read_into_a_mapping_of_its_own(direct):
    with mmap.mmap(-1, 4096) as block:
        os.preadv(direct[0], [block], 0)


@allocation_free(faults="forbidden", up_to=8)
@pytest.mark.parametrize("pages", [7, 8])
def test_faults(pages):
    known.touch(pages, True)  # one mapping, and its pages


@allocation_free(up_to=1)
def test_faults_are_not_judged():
    known.touch(7, True)


@allocation_free(faults="sometimes")
def test_faults_of_no_kind():
    pass


@pytest.fixture
def lock():
    if os.geteuid() != 0:
        pytest.skip("locks more than others may")
    assert known.lock() == 0
    yield
    assert known.unlock() == 0


@allocation_free(up_to=6)
@pytest.mark.parametrize("pages", [5, 6])
def test_locked(lock, pages):
    known.touch(pages, False)


@allocation_free(up_to=1, faults="allowed")
def test_locked_may_fault(lock):
    known.touch(5, False)


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
