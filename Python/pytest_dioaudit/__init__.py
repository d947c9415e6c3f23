"""Allocation assertions for pytest. What they mean is dioaudit.h's: see docs/testing-python.md."""
import ctypes
import functools
import gc
import inspect
import os
import pathlib
import sys

import pytest


class Expectation(ctypes.Structure):
    """As dioaudit.h has it."""

    _fields_ = [
        ("assertion", ctypes.c_void_p),
        ("obstacle", ctypes.c_char_p),
        ("file", ctypes.c_char_p),
        ("line", ctypes.c_int),
        ("runs_left", ctypes.c_int),
        ("is_judged", ctypes.c_int),
        ("around", ctypes.c_uint),
    ]


# As dioaudit.h's enumeration has them.
FAULTS = ["if-locked", "forbidden", "allowed"]

HANDLER = ctypes.PYFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
messages = []
note_failure = HANDLER(lambda file, line, message: messages.append(message.decode(errors="replace")))
JUDGED = pytest.StashKey[bool]()

# What starts a process, whose calls are not counted, by its audit event.
STARTS = {"os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec", "subprocess.Popen"}
started = []
sys.addaudithook(lambda event, arguments: started.append(event) if event in STARTS else None)


def load():
    """The functions of this process, or None where it was started without them."""
    # The GIL is kept in its calls: no other thread of Python runs in between.
    process = ctypes.PyDLL(None)
    if not hasattr(process, "dioaudit_expectation_begin"):
        return None
    process.dioaudit_expectation_begin.restype = Expectation
    process.dioaudit_expectation_begin.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    process.dioaudit_counts.restype = ctypes.c_long
    process.dioaudit_counts.argtypes = [ctypes.c_char_p]
    process.dioaudit_on_failure(note_failure)
    return process


library = load()


def pytest_addoption(parser):
    parser.getgroup("dioaudit").addoption(
        "--dioaudit", action="store_true", help="run the session with libdioaudit_test, which counts for allocation_free"
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "allocation_free(after=1, up_to=0, faults='if-locked'): the test runs `after` times to warm up, and then must not allocate more "
        "than `up_to` times; page faults are counted among these where they are 'forbidden', or if mlockall(MCL_FUTURE) is in effect",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    if not config.option.dioaudit or library:
        return
    if "DIOAUDIT_PYTEST" in os.environ:
        raise pytest.UsageError("--dioaudit: libdioaudit_test was preloaded, and is not there")
    path = pathlib.Path(__file__).with_name("libdioaudit_test.so")
    preloaded = [str(path), *filter(None, [os.environ.get("LD_PRELOAD")])]
    environment = {**os.environ, "LD_PRELOAD": ":".join(preloaded), "DIOAUDIT_PYTEST": "1"}
    # As it was started: with the interpreter's own options, and whatever called pytest.
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def inconclusive(reason):
    pytest.fail(f"inconclusive: whether it allocates was not observed: {reason}", pytrace=False)


def limits(after=1, up_to=0, faults="if-locked"):
    for value in (after, up_to):
        if type(value) is not int or not 0 <= value < 1 << 16:
            raise ValueError(value)
    return after, up_to, FAULTS.index(faults)


def limits_of(mark):
    try:
        return limits(*mark.args, **mark.kwargs)
    except (TypeError, ValueError) as error:
        pytest.fail(
            f"allocation_free takes after and up_to, numbers from 0 to 65535, and faults, one of {', '.join(FAULTS)}: {error}",
            pytrace=False,
        )


def is_deferred(function):
    # Not what it wraps: the function of a plugin (pytest-asyncio) that runs the coroutine is one that runs.
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )


def threads():
    return len(os.listdir("/proc/self/task"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    mark = pyfuncitem.get_closest_marker("allocation_free")
    if mark is None:
        return None
    after, up_to, faults = limits_of(mark)
    body = pyfuncitem.obj
    if library is None:
        inconclusive("the session runs without libdioaudit_test: run pytest --dioaudit")
    if is_deferred(body):
        inconclusive("a call of an async function or a generator does not run its body")
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    file, line, _ = pyfuncitem.location
    expectation = library.dioaudit_expectation_begin(file.encode(), (line or 0) + 1, after, faults)
    judge(functools.partial(body, **arguments), expectation, after, up_to)
    pyfuncitem.stash[JUDGED] = True
    return True


def judge(body, expectation, after, up_to):
    messages.clear()
    collects = gc.isenabled()
    reference = ctypes.byref(expectation)
    runs, end = library.dioaudit_expectation_runs, library.dioaudit_expectation_end
    try:
        for _ in range(after):
            runs(reference)
            body()
        # Garbage is other code's: its finalizers would be counted here.
        gc.collect()
        gc.disable()
        started.clear()
        before = threads()
        runs(reference)
        value = body()
        runs(reference)
    finally:
        end(reference)
        if collects:
            gc.enable()
    calls = library.dioaudit_counts(None)
    if before > 1 or threads() > 1 or library.dioaudit_counts(b"threads") > 0:
        inconclusive("there are other threads, whose calls are not counted")
    if started:
        inconclusive(f"it started a process ({started[0]}), whose calls are not counted")
    if inspect.isawaitable(value) or inspect.isgenerator(value) or inspect.isasyncgen(value):
        inconclusive("it returned what has yet to run")
    if calls < 0 or calls > up_to:
        told = messages[0] if messages else "inconclusive: nothing was observed"
        pytest.fail(f"expected {'no allocation' if not up_to else f'at most {up_to} allocations'}: {told}", pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Another plugin, or unittest's tests, may have run the body without it being judged."""
    outcome = yield
    if item.get_closest_marker("allocation_free") and outcome.excinfo is None and not item.stash.get(JUDGED, False):
        inconclusive("something else ran the test (unittest, or another plugin)")
    item.stash[JUDGED] = False
