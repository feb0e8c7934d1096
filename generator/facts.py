"""What may be printed of a fact, and for how long: its value, only its safe wording, or nothing.

Source: CONTRIBUTING, "Facts": nothing that was seen in one second-hand place is stated as a fact on paper.
"""

from __future__ import annotations

import datetime
from typing import Literal

from generator.guide import Fact, FactKind, Status

Printed = Literal["value", "safe wording", "nothing"]
State = Literal["fresh", "due", "expired"]

# --- age -----------------------------------------------------------------------------------------

# How soon a fact is looked at again, in days. Fees and deadlines change with every tariff (carriers change
# them on the 1st of April, July and October), numbers and pages with every new web site, rules with a law.
REVIEW_DAYS: dict[FactKind, int] = {
    "fee": 60,
    "duration": 60,
    "time": 60,
    "phone": 90,
    "hours": 90,
    "url": 90,
    "rule": 180,
}
# How long after its review was due a fact may still be printed, in days. Who relies on a stale fee or
# deadline pays for it, and with the review these are four months: one change of tariffs is missed at most.
# A stale number or page is found out by the first call, and is printed beside others. A rule that changes
# is in the news.
GRACE_DAYS: dict[FactKind, int] = {
    "fee": 60,
    "duration": 60,
    "time": 60,
    "phone": 120,
    "hours": 120,
    "url": 120,
    "rule": 365,
}
# What costs the reader money is looked at first, then what costs a way, then the rest.
RISKS: dict[FactKind, int] = {
    "fee": 0,
    "duration": 0,
    "time": 0,
    "phone": 1,
    "hours": 1,
    "url": 1,
    "rule": 2,
}


def last_day(fact: Fact) -> datetime.date:
    """Return the last day on which the fact may be printed without being looked at again.

    A declared change ends it on the day before, unless it was seen on that day or later.
    """
    end = fact.review_by + datetime.timedelta(GRACE_DAYS[fact.kind])
    if fact.changes_on and fact.seen_on < fact.changes_on:
        end = min(end, fact.changes_on - datetime.timedelta(1))
    return end


def next_look(fact: Fact) -> datetime.date:
    """Return the day by which the fact should be looked at again: its review, or its declared change."""
    if fact.changes_on and fact.seen_on < fact.changes_on:
        return min(fact.review_by, fact.changes_on)
    return fact.review_by


def state_of(fact: Fact, as_of: datetime.date) -> State:
    """Return whether the fact is fresh, should have been looked at again, or may not be printed any more."""
    if as_of > last_day(fact):
        return "expired"
    return "due" if is_review_due(fact, as_of) else "fresh"


def is_review_due(fact: Fact, as_of: datetime.date) -> bool:
    """Tell whether the fact should have been looked at again by that day."""
    return fact.review_by < as_of


def urgency(fact: Fact, as_of: datetime.date) -> tuple[bool, int, datetime.date, str]:
    """Return what facts are sorted by: expired ones first, then by risk, then by the day of the next look."""
    return state_of(fact, as_of) != "expired", RISKS[fact.kind], next_look(fact), fact.id


def oldest_check(facts: list[Fact]) -> datetime.date | None:
    """Return the day on which the longest unchecked of the facts was seen."""
    return min((fact.seen_on for fact in facts), default=None)


# --- what may be printed ---------------------------------------------------------------------------

# A value in a safe wording is allowed where two sources agree ("about {value}"), not where they
# disagree or where there is one.
PRINTED: dict[Status, Printed] = {
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
    return PRINTED[fact.status]


def may_show_value(fact: Fact) -> bool:
    """Tell whether the value may appear at all, if only inside its safe wording or as a QR code."""
    return fact.status in _VALUE_MAY_SHOW
