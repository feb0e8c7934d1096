"""Put finished pages on sheets, to be cut or folded as a plan says (see `imposition`).

What tags said is lost: pages become drawings on a sheet, several beside each other and some upside down, so
the file makes no claim of accessibility, nor of PDF/X, which was checked for pages and not for sheets.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generator.imposition import Cell, Mark, Plan, list_marks

PT_PER_MM = 72 / 25.4
# Fine enough to cut along, and thick enough for an office printer (0.25 pt, GEO-05).
LINE_PT = 0.3


class UnfitError(ValueError):
    """Raised for a file that cannot be imposed: what is wrong with it, and what to do."""

    def __init__(self, name: str, what: str, hint: str) -> None:
        self.name, self.what, self.hint = name, what, hint
        super().__init__(f"{name}: {what}")


@dataclass(frozen=True)
class Source:
    """A file of pages: its name, its bytes, its number of pages and the trim of the first, in mm."""

    name: str
    pdf: bytes
    pages: int
    trim_mm: tuple[float, float]


def read_source(name: str, pdf: bytes) -> Source:
    """Read what the pages of a file measure.

    Raises:
        UnfitError: it is no PDF, is locked or damaged, has no pages, turned pages, or pages of several sizes.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            sizes: list[tuple[float, float]] = []
            for number, page in enumerate(document.pages, start=1):
                if int(page.obj.get("/Rotate", 0)) % 360:
                    what, hint = f"page {number} is turned", "export it again with its pages upright"
                    raise UnfitError(name, what, hint)
                left, bottom, right, top = (float(side) for side in page.trimbox)
                sizes.append((round((right - left) / PT_PER_MM, 2), round((top - bottom) / PT_PER_MM, 2)))
    except pikepdf.PasswordError as error:
        raise UnfitError(name, "is locked with a password", "export it without one") from error
    except (pikepdf.PdfError, ValueError, TypeError) as error:
        if isinstance(error, UnfitError):
            raise
        raise UnfitError(name, "is no PDF, or a damaged one", "export it again as PDF") from error
    if not sizes:
        raise UnfitError(name, "has no pages", "export it again")
    for number, size in enumerate(sizes, start=1):
        if any(abs(one - other) > 0.5 for one, other in zip(size, sizes[0], strict=True)):
            what = (
                f"page {number} is {size[0]:g} x {size[1]:g} mm, page 1 {sizes[0][0]:g} x {sizes[0][1]:g} mm"
            )
            raise UnfitError(name, what, "impose pages of one size at a time")
    return Source(name, pdf, len(sizes), sizes[0])


def impose(sources: Sequence[Source], plan: Plan, *, has_marks: bool = True) -> bytes:
    """Return the sheets as PDF 1.7. Same arguments, same bytes.

    The pages of all sources follow each other. Each is in the file once, however often it is printed, and so
    are the fonts of a source.
    """
    import pikepdf

    with pikepdf.new() as sheets:
        forms: list[Any] = []
        opened = [pikepdf.open(io.BytesIO(source.pdf)) for source in sources]
        try:
            for document in opened:
                for page in document.pages:
                    form = sheets.copy_foreign(page.as_form_xobject())
                    trim, bleed = [float(side) for side in page.trimbox], _bleed(page)
                    # Of what a page draws beyond its trim, the gutter has room for half.
                    form.BBox = [trim[0] - bleed, trim[1] - bleed, trim[2] + bleed, trim[3] + bleed]
                    forms.append((form, trim, bleed))
            marks = _draw(list_marks(plan)) if has_marks else b""
            for face in plan.faces:
                _add_face(sheets, plan, face, forms, marks)
            _describe(sheets, opened[0], plan)
            sheets.remove_unreferenced_resources()
            file = io.BytesIO()
            sheets.save(
                file,
                force_version="1.7",
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                deterministic_id=True,
            )
        finally:
            for document in opened:
                document.close()
    return file.getvalue()


def _bleed(page: Any) -> float:  # noqa: ANN401 - pikepdf's pages have no types of their own
    """Return how far a page draws beyond its trim, in points; of four sides the least."""
    trim, bleed = list(page.trimbox), list(page.bleedbox) if "/BleedBox" in page.obj else list(page.trimbox)
    sides = (trim[0] - bleed[0], trim[1] - bleed[1], bleed[2] - trim[2], bleed[3] - trim[3])
    return max(min(float(side) for side in sides), 0.0)


def _add_face(
    sheets: Any,  # noqa: ANN401
    plan: Plan,
    face: tuple[Cell, ...],
    forms: list[tuple[Any, list[float], float]],
    marks: bytes,
) -> None:
    import pikepdf

    names: dict[str, Any] = {}
    content: list[bytes] = []
    for cell in face:
        if cell.page is None:
            continue
        form, trim, bleed = forms[cell.page - 1]
        names[f"/P{cell.page}"] = form
        content.append(_show(plan, cell, trim, bleed))
    size = [0, 0, plan.width_mm * PT_PER_MM, plan.height_mm * PT_PER_MM]
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[round(side, 3) for side in size],
        Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(names)),
        Contents=sheets.make_stream(b"\n".join([*content, marks])),
    )
    sheets.pages.append(pikepdf.Page(sheets.make_indirect(page)))


def _show(plan: Plan, cell: Cell, trim: list[float], bleed: float) -> bytes:
    """Return the operators that draw a page in its cell, and nothing of it beyond."""
    width, height = trim[2] - trim[0], trim[3] - trim[1]
    x, y = cell.x_mm * PT_PER_MM, cell.y_mm * PT_PER_MM
    beyond = min(bleed, plan.gutter_mm * PT_PER_MM / 2)
    left = x - (0 if cell.inner == "left" else beyond)
    right = x + width + (0 if cell.inner == "right" else beyond)
    if cell.inner:
        # A page that creeps towards the fold ends there.
        fold = plan.width_mm * PT_PER_MM / 2
        left, right = (max(left, fold), right) if cell.inner == "left" else (left, min(right, fold))
    clip = f"{left:.3f} {y - beyond:.3f} {right - left:.3f} {height + 2 * beyond:.3f} re W n"
    if cell.is_turned:
        place = f"-1 0 0 -1 {x + width + trim[0]:.3f} {y + height + trim[1]:.3f} cm"
    else:
        place = f"1 0 0 1 {x - trim[0]:.3f} {y - trim[1]:.3f} cm"
    return f"q {clip} {place} /P{cell.page} Do Q".encode()


def _draw(marks: Sequence[Mark]) -> bytes:
    """Return the operators of lines in black."""
    lines = [f"q 0 G {LINE_PT} w"]
    for mark in marks:
        lines.append("[3 3] 0 d" if mark.is_dashed else "[] 0 d")
        ends = (mark.x0_mm, mark.y0_mm, mark.x1_mm, mark.y1_mm)
        x0, y0, x1, y1 = (end * PT_PER_MM for end in ends)
        lines.append(f"{x0:.3f} {y0:.3f} m {x1:.3f} {y1:.3f} l S")
    return "\n".join([*lines, "Q"]).encode()


def _describe(sheets: Any, first: Any, plan: Plan) -> None:  # noqa: ANN401
    """Say what the file is, in what language, and how to print it; claim nothing."""
    import pikepdf

    root = sheets.Root
    if "/Lang" in first.Root:
        root.Lang = pikepdf.String(str(first.Root.Lang))
    hints = pikepdf.Dictionary(PrintScaling=pikepdf.Name("/None"), DisplayDocTitle=True)
    names = {"long": "/DuplexFlipLongEdge", "short": "/DuplexFlipShortEdge", "none": "/Simplex"}
    hints.Duplex = pikepdf.Name(names[plan.edge])
    root.ViewerPreferences = hints
    title = str(first.docinfo.get("/Title", "")) or "carrier-guides"
    sheets.docinfo["/Title"] = pikepdf.String(f"{title} ({plan.scheme.name})")
