"""Allocation assertions for pytest. What they mean is dioaudit.h's: see docs/testing-python.md."""
import contextlib
import ctypes
import functools
import gc
import inspect
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import threading
import time

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
# The command's interposer, in a session that --dioaudit-report started.
markers = ctypes.PyDLL(None) if os.environ.get("DIOAUDIT_PYTEST") == "report" else None
# A session that another exit ended has not this region.
ENDED = b"pytest's session ended"


def pytest_addoption(parser):
    parser.getgroup("dioaudit").addoption(
        "--dioaudit", action="store_true", help="run the session with libdioaudit_test, which counts for allocation_free"
    )
    parser.getgroup("dioaudit").addoption(
        "--dioaudit-report", metavar="PATH", help="run the session under dioaudit run, write its JSON report there, and judge by it"
    )
    parser.getgroup("dioaudit").addoption(
        "--dioaudit-options", metavar="OPTIONS", default="", help="more options of dioaudit run, for --dioaudit-report"
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "allocation_free(after=1, up_to=0, faults='if-locked'): the test runs `after` times to warm up, and then must not allocate more "
        "than `up_to` times; page faults are counted among these where they are 'forbidden', or if mlockall(MCL_FUTURE) is in effect",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    if config.option.dioaudit_report and not markers:
        return run_for_report(pathlib.Path(config.option.dioaudit_report), shlex.split(config.option.dioaudit_options))
    if not config.option.dioaudit or library:
        return
    if "DIOAUDIT_PYTEST" in os.environ:
        raise pytest.UsageError("--dioaudit: libdioaudit_test was preloaded, and is not there")
    path = pathlib.Path(__file__).with_name("libdioaudit_test.so")
    preloaded = [str(path), *filter(None, [os.environ.get("LD_PRELOAD")])]
    environment = {**os.environ, "LD_PRELOAD": ":".join(preloaded), "DIOAUDIT_PYTEST": "1"}
    # As it was started: with the interpreter's own options, and whatever called pytest.
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def run_for_report(path, options):
    """The session under the command: the marked tests' judged runs are its steady phase, of all threads."""
    command = shutil.which("dioaudit")
    if command is None:
        raise pytest.UsageError("--dioaudit-report: there is no dioaudit in PATH")
    path.unlink(missing_ok=True)
    subprocess.run(
        [command, "run", "--quiet", "--phases", "markers", "--min-ios", "0", *options, "--format", f"json={path}", "--"]
        + [sys.executable, *sys.orig_argv[1:]],
        env={**os.environ, "DIOAUDIT_PYTEST": "report"},
    )
    try:
        audit = json.loads(path.read_text())["audits"][0]
    except (OSError, ValueError, LookupError) as error:
        raise pytest.UsageError(f"--dioaudit-report: dioaudit wrote no report: {error}") from None
    code = audit["subject"]["exit"]["code"]
    has_ended = any(region["name"] == ENDED.decode() for process in audit["processes"] for region in process["regions"])
    if not has_ended:
        audit["verdict"] = "fail" if audit["verdict"] == "fail" else "inconclusive"
        audit["reasons"].append("the session did not end by itself: what it did not run was not judged")
    print(f"dioaudit: {audit['verdict']} ({path})")
    for reason in audit["reasons"]:
        print(f"  {reason}")
    for violation in sorted(audit["violations"], key=lambda violation: -violation["calls"])[:5]:
        frame = (violation["stack"] or [{}])[0]
        place = " ".join(filter(None, [frame.get("function"), frame.get("file") and f"{frame['file']}:{frame.get('line')}"]))
        print(f"  {violation['calls']} of {violation['kind']}: {place or 'no stack'}")
    return code or int(code is None or audit["verdict"] != "pass")


def pytest_sessionfinish():
    if markers:
        markers.dioaudit_enter_region(ENDED)
        markers.dioaudit_leave_region(ENDED)


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


def wait_for_ended_threads():
    """Thread.join waits until a thread has run its Python code: it is there for a moment yet."""
    end = time.monotonic() + 1
    while threads() > threading.active_count() and time.monotonic() < end:
        time.sleep(0.001)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    mark = pyfuncitem.get_closest_marker("allocation_free")
    if mark is None:
        return None
    after, up_to, faults = limits_of(mark)
    body = pyfuncitem.obj
    if markers:
        if up_to or faults:
            inconclusive("the report has one policy: up_to and faults are judged by pytest --dioaudit")
    elif library is None:
        inconclusive("the session runs without libdioaudit_test: run pytest --dioaudit")
    if is_deferred(body):
        inconclusive("a call of an async function or a generator does not run its body")
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    body = functools.partial(body, **arguments)
    if markers:
        leave_to_report(body, after)
    else:
        file, line, _ = pyfuncitem.location
        judge(body, library.dioaudit_expectation_begin(file.encode(), (line or 0) + 1, after, faults), after, up_to)
    pyfuncitem.stash[JUDGED] = True
    return True


@contextlib.contextmanager
def without_collector():
    """Garbage is other code's: its finalizers would be counted here."""
    collects = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def check_all_ran(value):
    if started:
        inconclusive(f"it started a process ({started[0]}), whose calls are not counted")
    if inspect.isawaitable(value) or inspect.isgenerator(value) or inspect.isasyncgen(value):
        inconclusive("it returned what has yet to run")


def leave_to_report(body, after):
    for _ in range(after):
        body()
    with without_collector():
        started.clear()
        markers.dioaudit_enter_phase(b"steady")
        try:
            value = body()
        finally:
            markers.dioaudit_enter_phase(b"warmup")
    check_all_ran(value)


def judge(body, expectation, after, up_to):
    messages.clear()
    reference = ctypes.byref(expectation)
    runs, end = library.dioaudit_expectation_runs, library.dioaudit_expectation_end
    try:
        for _ in range(after):
            runs(reference)
            body()
        with without_collector():
            started.clear()
            wait_for_ended_threads()
            before = threads()
            runs(reference)
            value = body()
            runs(reference)
    finally:
        end(reference)
    calls = library.dioaudit_counts(None)
    if before > 1 or threads() > 1 or library.dioaudit_counts(b"threads") > 0:
        inconclusive("there are other threads, whose calls are not counted")
    check_all_ran(value)
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
