"""Processes that work on tasks: what one of them loses is lost alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator

import pytest

from generator.workers import Lost, work_on

LIMIT = 400_000_000


def begin() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (LIMIT * 10, resource.getrlimit(resource.RLIMIT_AS)[1]))


def work(task: tuple[str, int]) -> tuple[int, int]:
    what, number = task
    if what == "sleep":
        time.sleep(60)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "eat":
        bytearray(LIMIT * 20)
    if what == "fail":
        raise KeyError("a mistake of ours")
    if what == "odd":
        return lambda: None
    if what == "large":
        return number, len(bytes(5_000_000))
    return number, os.getpid()


def run(tasks: list[tuple[str, int]], count: int = 2, most_tasks: int = 100) -> Iterator[object]:
    return work_on(
        tasks,
        work,
        count=count,
        method="fork",
        start=begin,
        arguments=(),
        seconds=lambda task: 1.0 if task[0] == "sleep" else 30.0,
        most_tasks=most_tasks,
    )


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_task_comes_back_with_its_result(count: int) -> None:
    tasks = [("good", number) for number in range(40)]
    found = dict(run(tasks, count))
    assert {task: number for task, (number, _) in found.items()} == {task: task[1] for task in tasks}
    assert 1 <= len({pid for _, pid in found.values()}) <= count
    assert os.getpid() not in {pid for _, pid in found.values()}


@pytest.mark.parametrize(
    ("what", "why"),
    [("die", "ended"), ("sleep", "took too long"), ("eat", "took too much memory")],
)
def test_a_lost_worker_costs_its_own_task(what: str, why: str) -> None:
    tasks = [("good", 1), (what, 2), *(("good", number) for number in range(3, 20))]
    found = dict(run(tasks))
    assert found[what, 2] == Lost(why)
    assert {task for task, result in found.items() if not isinstance(result, Lost)} == {
        task for task in tasks if task[0] == "good"
    }


def test_all_workers_may_be_lost_again_and_again() -> None:
    tasks = [("die", number) for number in range(10)] + [("good", 99)]
    found = dict(run(tasks))
    assert sum(result == Lost("ended") for result in found.values()) == 10
    assert found["good", 99][0] == 99


@pytest.mark.parametrize(("what", "error"), [("fail", KeyError), ("odd", RuntimeError)])
def test_a_mistake_in_the_work_is_raised_where_it_is_heard(what: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(run([("good", 1), (what, 2)]))


def test_a_worker_is_replaced_after_its_tasks() -> None:
    found = dict(run([("good", number) for number in range(9)], count=1, most_tasks=3))
    assert len({pid for _, pid in found.values()}) == 3


def test_large_results_come_whole_and_nobody_is_left_behind() -> None:
    running = run([("large", number) for number in range(6)])
    first = next(running)
    assert first[1][1] == 5_000_000
    running.close()
    assert multiprocessing.active_children() == []
