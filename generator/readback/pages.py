"""Count the pages of a file and say how each lies on its picture, before anything else is read."""

from __future__ import annotations

import io

from generator.readback.model import MM_PER_PT


def measure_pages(pdf: bytes) -> tuple[tuple[float, float], ...]:
    """Return for each page where the corner of its trim lies on its picture: mm from the left and the top.

    Raises:
        ValueError: the file cannot be opened, or its pages are not built like pages.
    """
    import pikepdf

    corners = []
    try:
        with pikepdf.open(io.BytesIO(pdf), suppress_warnings=True) as document:
            for page in document.pages:
                trim, crop = ([float(side) for side in box] for box in (page.trimbox, page.cropbox))
                left = min(trim[0], trim[2]) - min(crop[0], crop[2])
                top = max(crop[1], crop[3]) - max(trim[1], trim[3])
                corners.append((left * MM_PER_PT, top * MM_PER_PT))
    except (
        pikepdf.PasswordError,
        pikepdf.PdfError,
        pikepdf.ForeignObjectError,
        pikepdf.DeletedObjectError,
    ) as error:
        raise ValueError("the pages cannot be counted") from error
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError) as error:
        raise ValueError("the pages cannot be measured") from error
    return tuple(corners)
