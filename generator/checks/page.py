"""Judge the sheet, and what lies where on it: the GEO and TYP rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from generator.checks.order import Expected, Finding, count, on, quote
from generator.checks.paragraphs import TOLERANCE_MM, join_runs
from generator.paper import SIZE_TOLERANCE_MM
from generator.problem import Severity
from generator.readback.model import MM_PER_PT, Box, PdfFacts, Run, Shape

TOLERANCE_PT = 0.05
OVERLAP_MM = 0.3
# A line is longer than this; what is shorter is a part of a drawing.
_SHORTEST_LINE_MM = 3.0
EASY_SLACK = 9
# A last page with less than this of its height in use looks forgotten.
_FILLED = 0.25


def find_wrong_page_count(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find too many pages, or too few."""
    pages, wanted, budget = len(facts.sizes_mm), expected.pages, expected.paper.pages
    if expected.overflow:
        for what in expected.overflow:
            yield Finding(what, hint=expected.way_out)
    elif wanted is not None and pages != wanted:
        yield Finding(f"has {count(pages, 'page')}, {wanted} wanted")
    elif wanted is None and budget and pages > budget:
        yield Finding(f"has {count(pages, 'page')}, {expected.paper.name} has room for {budget}")


def find_fitting(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what was done to make a handout fit its pages."""
    for done in expected.fit:
        yield Finding(f"fits {done}")


def find_wrong_sizes(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find pages that are not the size of the paper."""
    paper = expected.paper
    for page, size in enumerate(facts.sizes_mm, start=1):
        wanted = paper.width_mm, size[1] if paper.is_roll else paper.height_mm
        if any(abs(is_ - ought) > SIZE_TOLERANCE_MM for is_, ought in zip(size, wanted, strict=True)):
            what = f"is {size[0]:g} x {size[1]:g} mm, {wanted[0]:g} x {wanted[1]:g} mm wanted"
            yield Finding(what, page)


def find_missing_bleed(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find pages whose bleed box is too small, and pictures that reach the trim but not the bleed."""
    bleed = expected.paper.bleed_mm
    if not bleed:
        return
    for page, sides in enumerate(facts.bleeds_mm, start=1):
        if min(sides) < bleed - TOLERANCE_MM:
            yield Finding(f"has {min(sides):.1f} mm of bleed, {bleed:g} mm wanted", page)
            continue
        width, height = facts.sizes_mm[page - 1]
        for box in _painted(facts, page):
            if box[2] <= 0 or box[3] <= 0 or box[0] >= width or box[1] >= height:
                continue  # marks beside the sheet
            reach = (-box[0], -box[1], box[2] - width, box[3] - height)
            if any(-TOLERANCE_MM <= side < bleed - TOLERANCE_MM for side in reach):
                yield Finding(f"a picture ends at the trim, {bleed:g} mm beyond it wanted", page, box)


def _painted(facts: PdfFacts, page: int) -> Iterator[Box]:
    for shape in facts.shapes:
        if shape.page == page:
            yield shape.box_mm
    for image in facts.images:
        if image.page == page:
            yield image.box_mm


def find_empty_pages(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find pages with too much room left, and a last page that is hardly begun."""
    # Rows with readings are not torn, so pages end where blocks do.
    most = expected.paper.slack_mm * (EASY_SLACK if is_easy(expected) else 1)
    last = len(facts.sizes_mm)
    if expected.pages and last > expected.pages:
        return  # pages that should not be there are told as too many
    is_roomy = not expected.slack_mm or expected.slack_mm[-1] > most
    hardly = tuple(_find_hardly_begun(facts, last)) if is_roomy else ()
    yield from hardly
    for page, slack in enumerate(expected.slack_mm, start=1):
        if slack > most and not (hardly and page == last):
            yield Finding(f"{slack:.1f} mm stay empty at the foot, {most:g} mm at most wanted", page)


def _find_hardly_begun(facts: PdfFacts, last: int) -> Iterator[Finding]:
    if last > 1:
        height = facts.sizes_mm[-1][1]
        # Feet stand at the foot of an empty page too.
        ink = [run.ink_mm for run in facts.runs if run.page == last and run.ink_mm and not run.is_artifact]
        lowest = max([box[3] for box in (*ink, *_painted(facts, last)) if box[3] < 0.9 * height], default=0.0)
        if facts.elements and lowest < _FILLED * height:
            yield Finding("is filled less than a quarter", last)


def find_small_type(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type under the floor of the paper."""
    floor = expected.paper.floor_pt
    small = [
        r
        for r in facts.runs
        if r.is_visible
        and r.size_pt < (READING_PT if is_reading(r, expected) else floor) - TOLERANCE_PT
        and r.text.strip()
    ]
    for runs in join_runs(small):
        text = quote("".join(run.text for run in runs))
        yield on(runs[0], f"{text} is set in {runs[0].size_pt:.3g} pt, at least {floor:g} pt wanted", *runs)


# Of kana above a word (print practice; half of a base of 12 pt).
READING_PT = 6.0
_KANA_ONLY = re.compile("[\u3041-\u3096\u30a1-\u30faー。、？\\s]+")


# Easy Japanese, base size (guidelines of Japanese prefectures).
EASY_BODY_PT = 12.0


def is_easy(expected: Expected) -> bool:
    """Tell whether the language is set for learners: larger, with readings."""
    return expected.language is not None and expected.language.is_easy


def is_reading(run: Run, expected: Expected) -> bool:
    """Tell whether a run is the reading of a word: small kana that are no part of the text."""
    return is_easy(expected) and run.is_artifact and bool(_KANA_ONLY.fullmatch(run.text))


def find_small_body(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find out whether most of the text is set too small."""
    sizes: Counter[float] = Counter()
    for run in facts.runs:
        if run.is_visible and (not run.is_artifact or not facts.elements):
            sizes[round(run.size_pt * 4) / 4] += len(run.text.strip())
    wanted = max(expected.paper.body_pt, EASY_BODY_PT if is_easy(expected) else 0)
    if sizes and (most := sizes.most_common(1)[0][0]) < wanted - TOLERANCE_PT:
        yield Finding(f"most of the text is set in {most:g} pt, at least {wanted:g} pt wanted")


def find_type_near_the_edge(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type, images and codes that a printer or a cutter may not spare."""
    safe = expected.paper.safe_mm
    for run in facts.runs:
        if run.ink_mm and run.is_visible and run.text.strip():
            for side in _too_near(run.ink_mm, facts.sizes_mm[run.page - 1], safe):
                yield on(run, f"{quote(run.text)} {side}")
    for image in facts.images:
        width, height = facts.sizes_mm[image.page - 1]
        box = image.box_mm
        if box[0] > TOLERANCE_MM or box[1] > TOLERANCE_MM or box[2] < width or box[3] < height:
            for side in _too_near(box, (width, height), safe):
                yield Finding(f"an image {side}", image.page, box)
    for symbol in facts.symbols:
        for side in _too_near(symbol.box_mm, facts.sizes_mm[symbol.page - 1], safe):
            yield Finding(f"a code {side}", symbol.page, symbol.box_mm)


def _too_near(box: Box, size: tuple[float, float], safe: float) -> Iterator[str]:
    left, top, right, bottom = box
    edges = ((left, "left"), (top, "top"), (size[0] - right, "right"), (size[1] - bottom, "bottom"))
    distance, edge = min(edges)
    # What lies beyond the sheet is told as cut off.
    if -0.5 <= distance < safe - TOLERANCE_MM:
        yield f"is {distance:.1f} mm from the {edge} edge, at least {safe:g} mm wanted"


def find_things_on_folds(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type, images and codes that lie on a fold, or so near that they may."""
    paper = expected.paper
    for page, folds in enumerate(paper.folds_mm, start=1):
        for fold in folds:
            for run in facts.runs:
                if run.page == page and run.ink_mm and run.is_visible and run.text.strip():
                    for what, severity in _too_near_a_fold(run.ink_mm, fold, paper.fold_mm):
                        yield replace(on(run, f"{quote(run.text)} {what}"), severity=severity)
            pictures = [("an image", image.page, image.box_mm) for image in facts.images]
            pictures += [("a code", symbol.page, symbol.box_mm) for symbol in facts.symbols]
            for name, at, box in pictures:
                if at == page:
                    for what, severity in _too_near_a_fold(box, fold, paper.fold_mm):
                        yield Finding(f"{name} {what}", page, box, severity=severity)


def _too_near_a_fold(box: Box, fold: float, clear: tuple[float, float]) -> Iterator[tuple[str, Severity]]:
    distance = max(box[0] - fold, fold - box[2])
    if distance < clear[1] - TOLERANCE_MM:
        near = "lies on" if distance <= 0 else f"is {distance:.1f} mm from"
        severity: Severity = "error" if distance < clear[0] else "warning"
        yield f"{near} the fold at {fold:g} mm, at least {clear[1]:g} mm wanted", severity


def find_things_beside_the_head(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find what lies where the printer of a roll has no dots."""
    paper = expected.paper
    if not paper.head_mm:
        return
    left = (paper.width_mm - paper.head_mm) / 2
    right = left + paper.head_mm
    inked = [(run.page, run.ink_mm, quote(run.text)) for run in facts.runs if run.ink_mm and run.is_visible]
    inked += [(shape.page, shape.box_mm, "a drawing") for shape in facts.shapes if _has_ink(shape)]
    inked += [(image.page, image.box_mm, "an image") for image in facts.images]
    for page, box, what in inked:
        if (over := max(left - box[0], box[2] - right)) > TOLERANCE_MM:
            yield Finding(
                f"{what} is {over:.1f} mm beside the {paper.head_mm:g} mm that are printed", page, box
            )


def _has_ink(shape: Shape) -> bool:
    return shape.rgb is None or min(shape.rgb) < 1


def find_collisions(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find type that is cut off, and type that is drawn over other type."""
    yield from _find_cut_type(facts)
    inked = [run for run in facts.runs if run.ink_mm and run.is_visible and run.text.strip()]
    for _, group in groupby(sorted(inked, key=lambda r: r.page), lambda r: r.page):
        runs = sorted(group, key=lambda run: run.ink_mm[0])  # type: ignore[index]
        for i, run in enumerate(runs):
            _, top, right, bottom = run.ink_mm  # type: ignore[misc]
            for other in runs[i + 1 :]:
                x0, y0, x1, y1 = other.ink_mm  # type: ignore[misc]
                if x0 > right - OVERLAP_MM:
                    break
                # Letters of one line may be kerned under each other: an A under a V.
                is_line = abs(run.y_mm - other.y_mm) < OVERLAP_MM and run.size_pt == other.size_pt
                least = max(OVERLAP_MM, 0.3 * run.size_pt * MM_PER_PT) if is_line else OVERLAP_MM
                if min(bottom, y1) - max(top, y0) > OVERLAP_MM and min(right, x1) - x0 > least:
                    yield on(run, f"{quote(run.text)} and {quote(other.text)} are drawn over each other")


def _find_cut_type(facts: PdfFacts) -> Iterator[Finding]:
    for run in facts.runs:
        if not (run.ink_mm and run.is_visible and run.text.strip()):
            continue
        width, height = facts.sizes_mm[run.page - 1]
        bleed = facts.bleeds_mm[run.page - 1] if facts.bleeds_mm else (0.0, 0.0, 0.0, 0.0)
        sheet = (-bleed[0], -bleed[1], width + bleed[2], height + bleed[3])
        for frame, by in ((run.clip_mm, "by its box"), (sheet, "by the edge of the sheet")):
            if frame and _cut(run, frame) > OVERLAP_MM:
                yield on(run, f"{quote(run.text)} is cut off {by}")
                break


def _cut(run: Run, frame: Box) -> float:
    """Return how far the ink of a run reaches beyond a frame, in mm."""
    assert run.ink_mm, "only runs with ink are cut"
    left, top, right, bottom = run.ink_mm
    return max(frame[0] - left, frame[1] - top, right - frame[2], bottom - frame[3])


def find_hairlines(facts: PdfFacts, expected: Expected) -> Iterator[Finding]:
    """Find lines that a cheap printer loses."""
    thinnest = expected.paper.line_pt
    for shape in facts.shapes:
        width, height = shape.box_mm[2] - shape.box_mm[0], shape.box_mm[3] - shape.box_mm[1]
        if shape.thin_pt < thinnest - 0.005 and max(width, height) >= _SHORTEST_LINE_MM:
            if shape.kind == "fill" and shape.thin_pt <= 0:
                continue  # encloses nothing, and paints nothing
            what = f"a line is {shape.thin_pt:.2f} pt thin, at least {thinnest:g} pt wanted"
            # A press does draw it, and then it is gone at the first speck of dust.
            is_press = expected.paper.medium == "press"
            yield Finding(what, shape.page, shape.box_mm, severity="error" if is_press else None)
