"""Do dangerous work in a process of its own.

It may hang, crash or want all memory there, and takes nobody with it. A file of unknown origin goes
through four parsers, three of them not written in Python. Limits inside them stop most of what a
file can do; the last one is that the process ends.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

# The largest honest file that was tried (500 pages) takes two seconds a step on a slow machine.
STEP_SECONDS = 6.0
ALL_SECONDS = 10.0
# What the process may add to what it begins with; pictures of a page and an unpacked stream are 100 MB each.
MOST_BYTES = 1_000_000_000


class CellError(Exception):
    """Raised when a step did not end, or ended the process; says why."""


def work_apart(
    work: Callable[..., Iterator[Any]], arguments: tuple[Any, ...], *, may_fork: bool
) -> Iterator[Any]:
    """Yield what a generator yields in a process of its own, each within `STEP_SECONDS`.

    What it yields and raises must survive pickling; what it raises is raised here. `may_fork`: this process
    has no threads that a fork would lose.

    Raises:
        CellError: it took too long or too much memory, or it crashed.
    """
    is_forked = may_fork and sys.platform.startswith("linux")
    context: Any = multiprocessing.get_context("fork" if is_forked else "spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, work, arguments), daemon=True)
    start = time.monotonic()
    process.start()
    theirs.close()
    try:
        while True:
            left = min(STEP_SECONDS, ALL_SECONDS - (time.monotonic() - start))
            if not ours.poll(max(left, 0.0)):
                raise CellError(f"takes longer than {STEP_SECONDS:g} seconds")
            try:
                kind, value = ours.recv()
            except EOFError as error:
                raise CellError("crashes, or needs too much memory") from error
            if kind == "done":
                return
            if kind == "raised":
                raise value
            if kind == "memory":
                raise CellError(f"needs more than {MOST_BYTES // 1_000_000} MB of memory")
            yield value
    finally:
        process.kill()
        process.join()
        ours.close()


def _work(pipe: Connection, work: Callable[..., Iterator[Any]], arguments: tuple[Any, ...]) -> None:
    _be_quiet_and_small()
    try:
        for value in work(*arguments):
            pipe.send(("value", value))
        pipe.send(("done", None))
    except MemoryError:
        pipe.send(("memory", None))
    except Exception as error:
        pipe.send(("raised", error))


def _be_quiet_and_small() -> None:
    """Print nothing, and let requests for more memory fail where the system knows such limits."""
    import faulthandler

    # A crash is told by its end, and not by what libraries print about it.
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        import resource
    except ImportError:
        return
    now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (now + MOST_BYTES, now + MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
