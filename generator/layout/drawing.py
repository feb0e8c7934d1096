"""Make the engine set gaps between Han and Latin, and draw codes and icons with fewer words."""

from __future__ import annotations

import re
from typing import Any

from generator.prose import GAP

# Quarter em between Han and Latin, a little less because Latin has side bearings of its own. The same as .gap
# in templates/css/type.css.
GAP_EM = 0.14

# A QR code is a path of nothing but these: a run of modules, one module high (generator/symbol.py).
_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\3z")


def set_gaps() -> None:
    """Make the engine set a space where a text has the mark of a gap (`prose.GAP`).

    A span for each of the 45 to 60 gaps of a Chinese or Japanese handout would cut its texts in two, which
    costs 8 % of its time and 2 KB. Nothing is drawn, so a reader who copies the text gets no stray character.
    """
    from weasyprint.text import line_break
    from weasyprint.text.ffi import TO_UNITS, ffi, pango

    set_text = line_break.Layout.set_text
    if getattr(set_text, "sets_gaps", False):
        return
    mark = GAP.encode()

    def set_text_with_gaps(self: Any, text: str, justify: bool = False) -> None:  # noqa: ANN401
        set_text(self, text, justify)
        if GAP not in self.text:
            return
        attributes = pango.pango_layout_get_attributes(self.layout)
        if attributes == ffi.NULL:
            attributes = ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
        encoded = self.text.encode()
        width = int(GAP_EM * self.style["font_size"] * TO_UNITS)
        for found in re.finditer(mark, encoded):
            # Pango gives half of it at the ends of a text.
            share = 1 + (found.start() == 0 or found.end() == len(encoded))
            spacing = pango.pango_attr_letter_spacing_new(share * width)
            spacing.start_index, spacing.end_index = found.span()
            pango.pango_attr_list_change(attributes, spacing)
        pango.pango_layout_set_attributes(self.layout, attributes)

    set_text_with_gaps.sets_gaps = True  # type: ignore[attr-defined]
    line_break.Layout.set_text = set_text_with_gaps


def draw_runs() -> None:
    """Make the engine draw the runs of a QR code as rectangles.

    It reads a path point by point and writes five operators for a run, where one does: 1.5 KB and 4 % of
    the time of a handout.
    """
    from weasyprint.svg import TAGS

    draw_path = TAGS["path"]
    if getattr(draw_path, "draws_runs", False):
        return

    def draw_runs(svg: Any, node: Any, font_size: float) -> None:  # noqa: ANN401
        path = node.get("d", "")
        runs = _RUN.findall(path)
        if runs and sum(map(len, _RUN.split(path)[::4])) == 0:
            for x, y, width in runs:
                svg.stream.rectangle(int(x), int(y), int(width), 1)
        else:
            draw_path(svg, node, font_size)

    draw_runs.draws_runs = True  # type: ignore[attr-defined]
    TAGS["path"] = draw_runs


def draw_icons() -> None:
    """Make the engine draw a background picture on the page, not in a group beside it.

    A group would keep masks of the picture apart from those of the page; ours have none. Each of some fifteen
    icons costs an object of 400 bytes in it.
    """
    from weasyprint import draw
    from weasyprint.images import SVGImage

    draw_image = draw.draw_background_image
    if getattr(draw_image, "draws_icons", False):
        return

    def draw_icon(stream: Any, layer: Any, style: Any) -> None:  # noqa: ANN401
        is_single = set(layer.repeat) == {"no-repeat"} and isinstance(layer.image, SVGImage)
        if not is_single or 0 in layer.size:
            draw_image(stream, layer, style)
            return
        with stream.artifact(), stream.stacked():
            if not layer.unbounded:
                stream.rectangle(*layer.painting_area)
                stream.clip()
                stream.end()
            x, y = (a + b for a, b in zip(layer.position, layer.positioning_area, strict=False))
            stream.transform(e=x, f=y)
            layer.image.draw(stream, *layer.size, style)

    draw_icon.draws_icons = True  # type: ignore[attr-defined]
    draw.draw_background_image = draw_icon
