"""What the command line hands to its groups: the project, and how things are chosen and told.

A group of commands lives in a room of its own and does not know the room that it is put into.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from generator.language import Language
from generator.problem import Problem

if TYPE_CHECKING:
    from generator.guide import Content


class Desk(Protocol):
    """The project folder that a command works in, and the manners of the command line."""

    @property
    def root(self) -> Path:
        """Return the project's folder."""

    def content(self) -> Content:
        """Return the checked content; raises ProjectError with everything that is wrong."""

    def languages(self, asked: Sequence[str]) -> tuple[Language, ...]:
        """Return the languages for any usual spelling or glob; all where none is asked for."""

    def today(self) -> datetime.date:
        """Return the day that facts are measured against where none is given."""

    def tell(self, problems: Sequence[Problem], format_: str, **result: Any) -> None:  # noqa: ANN401
        """Print problems, and for programs the result with them."""

    def fail(self, problems: Sequence[Problem], format_: str, **result: Any) -> NoReturn:  # noqa: ANN401
        """Print what is wrong and leave with exit code 1."""


def count(number: int, noun: str) -> str:
    """Write a count: "1 error", "12 handouts"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
