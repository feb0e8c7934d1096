"""What may be printed of a fact: its value, only its safe wording, or nothing.

Source: CONTRIBUTING, "Facts": nothing that was seen in one second-hand place is stated as a fact on paper.
"""

from __future__ import annotations

import datetime
from typing import Literal

from generator.guide import Fact, Status

Printed = Literal["value", "safe wording", "nothing"]

# A value in a safe wording is allowed where two sources agree ("about {value}"), not where they
# disagree or where there is one.
_PRINTED: dict[Status, Printed] = {
    "verified": "value",
    "official": "value",
    "press": "value",
    "secondary": "safe wording",
    "single-source": "safe wording",
    "conflict": "safe wording",
    "unverified": "nothing",
    "retired": "nothing",
}
_VALUE_MAY_SHOW: frozenset[Status] = frozenset({"verified", "official", "press", "secondary"})


def what_may_print(fact: Fact) -> Printed:
    """Return what of the fact may stand on paper, by its status."""
    return _PRINTED[fact.status]


def may_show_value(fact: Fact) -> bool:
    """Tell whether the value may appear at all, if only inside its safe wording or as a QR code."""
    return fact.status in _VALUE_MAY_SHOW


def is_review_due(fact: Fact, as_of: datetime.date) -> bool:
    """Tell whether the fact should have been looked at again by that day."""
    return fact.review_by < as_of


def oldest_check(facts: list[Fact]) -> datetime.date | None:
    """Return the day on which the longest unchecked of the facts was seen."""
    return min((fact.seen_on for fact in facts), default=None)
