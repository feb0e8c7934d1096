"""Validate a file as PDF/UA-1. The only room for page-validation.

Source: ISO 14289-1:2014, by the 104 rules of page-validation.
"""

from __future__ import annotations

import sys

from generator.readback.model import UaFailure


def has_validator() -> bool:
    """Tell whether this process has loaded the validator, whose threads no fork may leave behind."""
    return "page" in sys.modules


class InvalidPdfError(ValueError):
    """Raised when the validator cannot read the file."""


def validate_ua(pdf: bytes) -> tuple[UaFailure, ...]:
    """List the rules of PDF/UA-1 that the file breaks, each once; empty when it conforms.

    The validator has limits of its own: of streams and objects, and of depth.

    Raises:
        InvalidPdfError: the validator cannot read the file.
    """
    import page

    try:
        failures = page.validate_pdf_bytes(pdf, profile="ua1").failures
    except page.PageError as error:
        raise InvalidPdfError("the file cannot be validated as PDF/UA-1") from error
    return tuple(dict.fromkeys(UaFailure(failure.rule_id, failure.message) for failure in failures))
