"""Processes that work on tasks, each at the end of a pipe of its own.

What a worker holds, no other waits for: one that is killed, hangs or takes too much memory is lost with its
task alone, and replaced. Pools of the standard library end with their first lost process; one of pebble
waited for ever where a worker was killed as it started.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Lost:
    """A task whose worker was lost, and why: "ended", "took too long", "took too much memory"."""

    why: str


@dataclass
class _Worker(Generic[T]):
    process: Any
    pipe: Connection
    task: T | None = None
    deadline: float = 0.0
    done: int = 0


def work_on(
    tasks: Iterable[T],
    work: Callable[[T], R],
    *,
    count: int,
    method: str,
    start: Callable[..., None],
    arguments: tuple[Any, ...],
    seconds: Callable[[T], float],
    most_tasks: int,
) -> Iterator[tuple[T, R | Lost]]:
    """Yield each task with its result, in the order in which they end.

    A task is taken from `tasks` when a worker is free for it, so that more may be added meanwhile. `start` is
    called in each worker first; `seconds` says how long a task may take; after `most_tasks` a worker is
    replaced. `method` is how processes are started ("fork", "spawn"). An exception of `work` is raised here,
    but for MemoryError.
    """
    context = multiprocessing.get_context(method)
    queue = iter(tasks)
    workers: list[_Worker[T]] = []

    def begin() -> _Worker[T]:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, work, start, arguments), daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def end(worker: _Worker[T]) -> None:
        workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()

    try:
        while True:
            while (idle := next((w for w in workers if w.task is None), None)) or len(workers) < count:
                task = next(queue, None)
                if task is None:
                    break
                if idle is None:
                    workers.append(idle := begin())
                idle.task, idle.deadline = task, time.monotonic() + seconds(task)
                with contextlib.suppress(OSError):  # it is dead, which is seen below
                    idle.pipe.send(task)
            busy = [worker for worker in workers if worker.task is not None]
            if not busy:
                return
            left = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
            ready = wait([worker.pipe for worker in busy], left)
            for worker in busy:
                task = worker.task
                assert task is not None
                if worker.pipe in ready:
                    try:
                        is_done, result = worker.pipe.recv()
                    except (EOFError, OSError):
                        end(worker)
                        yield task, Lost("ended")
                        continue
                    worker.task = None
                    worker.done += 1
                    if worker.done >= most_tasks or isinstance(result, Lost):
                        end(worker)
                    if not is_done:
                        raise result
                    yield task, result
                elif time.monotonic() >= worker.deadline:
                    end(worker)
                    yield task, Lost("took too long")
    finally:
        for worker in list(workers):
            end(worker)


def _serve(pipe: Connection, work: Callable[[Any], Any], start: Callable[..., None], arguments: Any) -> None:  # noqa: ANN401
    start(*arguments)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[bool, Any] = True, work(task)
        except MemoryError:
            answer = True, Lost("took too much memory")
        except Exception as error:
            answer = False, error
        try:
            pipe.send(answer)
        except OSError:
            return
        except Exception as error:
            pipe.send((False, RuntimeError(f"{type(error).__name__}: {error}")))
