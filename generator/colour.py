"""Colours of the design: how light they look, which inks a press prints them with, and which grey.

A screen's colour has no exact twin in ink, so each colour of our design has its inks here, and each carrier's
may stand in its file. Of any other (a shop's logo) the inks are derived.
"""

from __future__ import annotations

from collections.abc import Mapping

# Cyan, magenta, yellow and black, from 0 to 1.
Inks = tuple[float, float, float, float]

WHITE, INK, NOTE, HAIRLINE = "#FFFFFF", "#1A1A1A", "#4A4A4A", "#8A8A8A"
# The accent of a guide that is no carrier's (templates/css/accent.css).
NEUTRAL = "#0B5D4E"

# Type is black alone: it must not depend on four plates in register. Notes keep a little less of it; a thin
# line of much less would be a row of dots.
PRESS_INKS: Mapping[str, Inks] = {
    WHITE: (0.0, 0.0, 0.0, 0.0),
    INK: (0.0, 0.0, 0.0, 1.0),
    NOTE: (0.0, 0.0, 0.0, 0.85),
    HAIRLINE: (0.0, 0.0, 0.0, 0.6),
    NEUTRAL: (0.85, 0.0, 0.6, 0.6),
}

# A cheap laser draws grey as dots, which fray small type: type is black.
MONO_GREYS: Mapping[str, float] = {INK: 0.0, NOTE: 0.0}

# A printer of receipts has black dots and no grey: what stands out from white less than this is not printed.
LEAST_CONTRAST = 2.0


def contrast_with_white(colour: str) -> float:
    """Return the contrast ratio of `#RRGGBB` with white.

    Source: WCAG 2.2, contrast ratio.
    """
    return 1.05 / (luminance(colour) + 0.05)


def lightness(colour: str) -> float:
    """Return how light `#RRGGBB` looks, 0 (black) to 100 (white).

    Source: CIE 1976, L*.
    """
    y = luminance(colour)
    return 116 * y ** (1 / 3) - 16 if y > 216 / 24389 else y * 24389 / 27


def luminance(colour: str) -> float:
    """Return the relative luminance of `#RRGGBB`, 0 to 1.

    Source: WCAG 2.2, relative luminance.
    """
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def mix_inks(colour: str) -> Inks:
    """Return the inks of `#RRGGBB`: the grey in it is black ink, and the rest at most two others.

    So a grey is black alone, and no colour takes more than 300 % of ink: one of the three is always 0.
    Source: ISO 32000-1, 10.3.4, with all of the undercolour removed.
    """
    red, green, blue = _parts(colour)
    light = max(red, green, blue)
    if not light:
        return 0.0, 0.0, 0.0, 1.0
    cyan, magenta, yellow = (round(1 - part / light, 2) for part in (red, green, blue))
    return cyan, magenta, yellow, round(1 - light, 2)


def find_grey(colour: str) -> float:
    """Return the grey, 0 (black) to 1, that stands out from white as much as `#RRGGBB` does.

    Rounded down, so that it never stands out less. Source: IEC 61966-2-1 (sRGB).
    """
    light = luminance(colour)
    grey = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(grey * 255) / 255
