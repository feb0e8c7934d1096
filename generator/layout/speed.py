"""Make the engine do the same work once: styles, sizes, fonts and the reading of pages."""

from __future__ import annotations

import copy
import re
from typing import Any
from xml.etree import ElementTree


def make_html() -> Any:  # noqa: ANN401
    """Return the engine's HTML class without styles for footnotes and markers, which no handout has.

    The engine's own style sheet gives six such pseudo-elements to every element, and each costs a
    computed style: 2,300 of 2,600 in a handout, 5 % of its time. The pages are the same to the byte.
    """
    from weasyprint import HTML, cssselect2
    from weasyprint.html import UA_STYLESHEET

    sheet = copy.copy(UA_STYLESHEET)
    sheet.matcher = copy.copy(UA_STYLESHEET.matcher)
    # (test, specificity, order, pseudo-element, payload); these selectors match every element.
    sheet.matcher.other_selectors = [
        entry for entry in UA_STYLESHEET.matcher.other_selectors if entry[3] not in _UNUSED
    ]

    class LeanHTML(HTML):  # type: ignore[misc]
        """HTML whose elements have no footnotes and no list markers."""

        def __init__(self, string: str, base_url: str, url_fetcher: Any) -> None:  # noqa: ANN401
            root = read_html(string)
            if root is None:
                super().__init__(string=string, base_url=base_url, url_fetcher=url_fetcher)
                return
            self.base_url, self.url_fetcher, self.media_type = base_url, url_fetcher, "print"
            self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [sheet]

    return LeanHTML


_VOID = re.compile(r"<((?:meta|br)\b[^>]*?)/?>")


def read_html(html: str) -> ElementTree.Element | None:
    """Return the elements of a document that is XML but for its void elements; None of any other.

    Ours are, and this takes a millisecond where the engine's reader takes 5 % of a handout's time.
    """
    try:
        root = ElementTree.fromstring(_VOID.sub(r"<\1/>", html[html.index("<html") :]))
    except (ElementTree.ParseError, ValueError):
        return None
    return root if root.tag == "html" and [child.tag for child in root] == ["head", "body"] else None


_UNUSED = {"footnote-call", "footnote-marker", "note-call", "note-marker", "note-callback", "marker"}


# Nothing from here on changes what is laid out: each is a shorter way to what the engine finds by itself.


def fill_styles() -> None:
    """Make the engine give a style at once what it inherits and what is initial.

    It asks for each value when it is first used, through a function that thinks of variables, mathematics and
    logical properties: 30,000 calls in a handout, a sixth of its time, to find nine times of ten the value
    of the parent or the initial one. What a style sheet says itself is found as before.
    """
    from weasyprint.css import AnonymousStyle, ComputedStyle
    from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
    from weasyprint.css.functions import check_math
    from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES

    if getattr(ComputedStyle, "fills", False):
        return

    # Decorations and named pages come from the parent without being inherited; "float" may become "none".
    own_ways = {"page", "position", "float", "display", *INITIAL_NOT_COMPUTED}
    own_ways.update(name for name in INITIAL_VALUES if name.startswith("text_decoration_"))
    initial = {n: v for n, v in INITIAL_VALUES.items() if n not in INHERITED and n not in own_ways}
    inherited = [name for name in INHERITED if name in INITIAL_VALUES and name not in own_ways]
    # A logical property ("margin-inline-start") says something of one or two others.
    said_by: dict[str, set[str]] = {}
    for name, find in PHYSICAL_FUNCTIONS.items():
        for direction in ("ltr", "rtl"):
            said_by.setdefault(find(block="ttb", inline=direction), set()).add(name)

    def hand_on(style: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what the children of a style inherit, unless they say otherwise."""
        if "handed_on" not in style.__dict__:
            values = {name: style[name] for name in inherited}
            style.handed_on = {name: value for name, value in values.items() if not check_math(value)}
        found: dict[str, Any] = style.handed_on
        return found

    begin, begin_anonymous = ComputedStyle.__init__, AnonymousStyle.__init__

    def begin_filled(self: Any, parent_style: Any, cascaded: Any, *args: Any) -> None:  # noqa: ANN401
        begin(self, parent_style, cascaded, *args)
        self.update(initial)
        if parent_style is not None:
            self.update(hand_on(parent_style))
        for name in cascaded:
            self.pop(name, None)
            for other in said_by.get(name, ()):
                self.pop(other, None)

    def begin_anonymous_filled(self: Any, parent_style: Any) -> None:  # noqa: ANN401
        self.update(initial)
        self.update(hand_on(parent_style))
        begin_anonymous(self, parent_style)

    ComputedStyle.__init__, AnonymousStyle.__init__ = begin_filled, begin_anonymous_filled
    ComputedStyle.fills = True


_SIZES = (
    *(f"{what}_{side}" for what in ("margin", "padding") for side in ("left", "right", "top", "bottom")),
    *("width", "min_width", "max_width", "height", "min_height", "max_height"),
)
_BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))
_CORNERS = ("top_left", "top_right", "bottom_right", "bottom_left")
_RADII = tuple(f"border_{corner}_radius" for corner in _CORNERS)


def remember_sizes() -> None:
    """Make the engine remember the sizes that a style asks for, where they are the same in every container.

    It works out eighteen numbers for a box each time that it looks at it. Where a style has no
    percentage, no mathematics and no other box model than the usual, they depend on the style alone.
    """
    from weasyprint.formatting_structure.boxes import Box
    from weasyprint.layout import (
        absolute,
        background,
        block,
        column,
        flex,
        float,
        grid,
        inline,
        page,
        percent,
        replaced,
        table,
    )

    resolve, resolve_radii = percent.resolve_percentages, percent.resolve_radii_percentages
    is_in_flow = Box.is_in_normal_flow
    if getattr(resolve, "remembers", False):
        return

    def find_sizes(style: Any) -> dict[str, Any] | None:  # noqa: ANN401
        if style["box_sizing"] != "content-box" or style["border_collapse"] == "collapse":
            return None
        sizes: dict[str, Any] = {}
        for name in _SIZES:
            value = style[name]
            if value == "auto":
                sizes[name] = 0 if name in ("min_width", "min_height") else "auto"
            elif getattr(value, "unit", None) == "px":
                sizes[name] = value.value
            else:
                return None
        return sizes | {name: style[name] for name in _BORDERS}

    def update(box: Any, values: dict[str, Any]) -> None:  # noqa: ANN401
        # What stands in for a positioned box hands everything on to it.
        box.__dict__.get("_box", box).__dict__.update(values)

    def resolve_once(box: Any, containing_block: Any) -> None:  # noqa: ANN401
        style = box.style
        try:
            sizes = style.sizes
        except AttributeError:
            sizes = style.sizes = find_sizes(style)
        if sizes is None:
            resolve(box, containing_block)
        else:
            update(box, sizes)

    def resolve_radii_once(box: Any) -> None:  # noqa: ANN401
        style = box.style
        try:
            radii = style.radii
        except AttributeError:
            is_square = all((0, "px") in style[name] for name in _RADII)
            radii = style.radii = dict.fromkeys(_RADII, (0, 0)) if is_square else None
        if radii is None:
            resolve_radii(box)
        else:
            update(box, radii)

    def is_in_flow_once(self: Any) -> bool:  # noqa: ANN401
        style = self.style
        try:
            found: bool = style.is_in_flow
        except AttributeError:
            found = style.is_in_flow = is_in_flow(self)
        return found

    resolve_once.remembers = True  # type: ignore[attr-defined]
    Box.is_in_normal_flow = is_in_flow_once
    rooms = (absolute, background, block, column, flex, float, grid, inline, page, percent, replaced, table)
    for module in rooms:
        for name, ours in (
            ("resolve_percentages", resolve_once),
            ("resolve_radii_percentages", resolve_radii_once),
        ):
            if hasattr(module, name):
                setattr(module, name, ours)


def remember_fonts() -> None:
    """Make the engine remember what it tells Pango of a style, and the height of its empty line.

    It makes a Pango context and a font description for every piece of text that it measures, and writes out
    fourteen properties to look up the height of a line.
    """
    from weasyprint.layout import inline
    from weasyprint.text import line_break
    from weasyprint.text.constants import PANGO_DIRECTION
    from weasyprint.text.ffi import ffi, gobject, pango, unicode_to_char_p

    set_up = line_break.Layout.setup
    if getattr(set_up, "remembers", False):
        return
    find_strut = line_break.strut

    def make_context(style: Any) -> tuple[Any, Any]:  # noqa: ANN401
        context = ffi.gc(
            pango.pango_font_map_create_context(style.font_config.font_map), gobject.g_object_unref
        )
        pango.pango_context_set_round_glyph_positions(context, False)
        pango.pango_context_set_base_dir(context, PANGO_DIRECTION[style["direction"]])
        pointer, _text = unicode_to_char_p(style["lang"])
        language = pango.pango_language_from_string(pointer)
        pango.pango_context_set_language(context, language)
        return context, language

    def describe(style: Any) -> tuple[Any, Any, Any] | None:  # noqa: ANN401
        features = line_break.font_features(
            *(style[name] for name in (
                "font_kerning", "font_variant_ligatures", "font_variant_position", "font_variant_caps",
                "font_variant_numeric", "font_variant_alternates", "font_variant_east_asian",
                "font_feature_settings",
            ))
        )  # fmt: skip
        is_plain = style["font_language_override"] == "normal" and style["text_decoration_line"] == "none"
        if features or not is_plain or not style["lang"]:
            return None
        contexts = style.font_config.__dict__.setdefault("contexts", {})
        key = (style["lang"], style["direction"])
        if key not in contexts:
            contexts[key] = make_context(style)
        return (line_break.get_font_description(style), *contexts[key])

    def set_up_once(self: Any, style: Any) -> None:  # noqa: ANN401
        try:
            described = style.described
        except AttributeError:
            described = style.described = describe(style)
        if described is None:
            set_up(self, style)
            return
        self.style = style
        self.first_line_direction = 0
        description, context, self.language = described
        self.layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
        pango.pango_layout_set_auto_dir(self.layout, False)
        pango.pango_layout_set_font_description(self.layout, description)
        self.ascent = self.underline_position = self.strikethrough_position = None

    def find_strut_once(style: Any) -> Any:  # noqa: ANN401
        try:
            return style.strut
        except AttributeError:
            style.strut = find_strut(style)
            return style.strut

    set_up_once.remembers = True  # type: ignore[attr-defined]
    line_break.Layout.setup = set_up_once
    line_break.strut = inline.strut = find_strut_once
