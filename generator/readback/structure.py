"""Read the structure tree: what a screen reader goes by.

Source: ISO 32000-1:2008, 14.7 (logical structure), 14.8 (tagged PDF).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.readback.model import Box, Element, Run
from generator.readback.objects import PdfObject, entry, is_mapping, items_of, kind_of, malformed, to_text

# Where marked content is: its page, the number of the form that it is in (0: the page itself), its MCID.
Key = tuple[int, int, int]

# ISO 32000-1, 14.8.4.4: types within a line. WeasyPrint also makes NonStruct of <b> and <small>.
_INLINE = {"Span", "NonStruct", "Private", "Quote", "Link", "Reference", "Code", "Annot", "Lbl"}
# What holds blocks and has no words of its own that anybody asks for. Their texts are those of their
# blocks, and to write them down again at each level costs a tree its size times its depth.
_CONTAINERS = {
    "Document",
    "Part",
    "Art",
    "Sect",
    "L",
    "Table",
    "TR",
    "THead",
    "TBody",
    "TFoot",
    "TOC",
    "Index",
}
# Deeper than any document, and less than what makes texts of nested elements grow without end.
_DEEPEST = 100
# Of a file: a handout of ours has 800, a book of 500 pages 50,000.
MOST_ELEMENTS = 200_000
# A role that is mapped more often than this is mapped to itself.
_LONGEST_ROLE_MAP = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where marked content hangs in the structure tree: `element` is the index of its element."""

    language: str
    role: str
    block: int
    element: int
    depth: int = 0


@dataclass(slots=True)
class _Branch:
    """An element that is being read."""

    role: str
    parent: int
    language: str
    says_language: bool
    alt: str | None
    scope: str
    numbering: str
    actual: str | None = None
    page: int = 0
    text: list[str] = field(default_factory=list)
    box: Box | None = None

    def extend(self, page: int, box: Box | None) -> None:
        """Remember the first page that something is on, and how far it reaches there."""
        if page and (not self.page or page < self.page):
            self.page, self.box = page, None
        if box and page == self.page:
            old = self.box or box
            self.box = (
                min(old[0], box[0]),
                min(old[1], box[1]),
                max(old[2], box[2]),
                max(old[3], box[3]),
            )


@dataclass(slots=True)
class Tree:
    """The structure tree: the place of each piece of marked content in reading order, and its elements."""

    places: dict[Key, Place] = field(default_factory=dict)
    branches: list[_Branch] = field(default_factory=list)
    is_cut: bool = False

    def elements(
        self, shown: dict[Key, list[Run]], drawn: dict[int, list[tuple[int, Box]]]
    ) -> Iterator[Element]:
        """Yield the elements with what they show; `drawn` are pages and boxes of pictures, by element."""
        branches = self.branches
        for key, place in self.places.items():
            for run in shown.get(key, ()):
                index = place.element
                if index >= 0:
                    branches[index].extend(run.page, run.ink_mm)
                while index >= 0:
                    branch = branches[index]
                    if branch.role not in _CONTAINERS:
                        branch.text.append(run.text)
                    index = branch.parent
        for index, boxes in drawn.items():
            for page, box in boxes:
                branches[index].extend(page, box)
        # An element stands after the one around it.
        for branch in reversed(branches):
            if branch.parent >= 0:
                branches[branch.parent].extend(branch.page, branch.box)
        for branch in branches:
            yield Element(
                branch.role,
                branch.parent,
                branch.page,
                branch.language,
                branch.says_language,
                branch.alt,
                branch.scope,
                branch.numbering,
                "".join(branch.text),
                branch.box,
                branch.actual,
            )


def read_structure(
    root: PdfObject, pages: dict[tuple[int, int], int], language: str, *, is_strict: bool = True
) -> Tree:
    """Read the tree; a file without one has an empty one. `pages` are page numbers by object.

    Strict reading raises what a malformed element raises, the other kind leaves it out.
    """
    tree = Tree()
    top = entry(root, "/StructTreeRoot")
    if top is None:
        return tree
    roles = _Roles(entry(top, "/RoleMap"))
    seen: set[tuple[int, int]] = set()
    # A kid, the page and the form that its MCIDs are of, and where it hangs. A stack is read from its end.
    todo: list[tuple[PdfObject, int, Place]] = [(top.get("/K"), 0, Place(language, "Document", 0, -1))]
    blocks = 0
    while todo:
        kid, page, place = todo.pop()
        if isinstance(kid, int):
            tree.places.setdefault((page, 0, kid), place)
            continue
        kind = kind_of(kid)
        if kind == "array":
            todo += [(item, page, place) for item in reversed(items_of(kid, MOST_ELEMENTS))]
            continue
        if kind != "dictionary":
            continue
        if kid.is_indirect:
            if kid.objgen in seen:
                continue
            seen.add(kid.objgen)
        if place.depth > _DEEPEST or len(tree.branches) + len(tree.places) > MOST_ELEMENTS:
            tree.is_cut = True
            continue
        try:
            # To ask for an entry that is not there costs four times as much as for one that is.
            keys = kid.keys()
            owner = kid["/Pg"] if "/Pg" in keys else None
            if owner is not None:
                page = pages.get(owner.objgen, 0)
            if "/MCID" in keys:
                form = kid["/Stm"].objgen[0] if "/Stm" in keys else 0
                tree.places.setdefault((page, form, int(kid["/MCID"])), place)
                continue
            role = roles.standard(kid["/S"]) if "/S" in keys else ""
            spoken = to_text(kid["/Lang"]) if "/Lang" in keys else place.language
            if role:
                element = len(tree.branches)
                attributes = _read_attributes(kid["/A"]) if "/A" in keys else {}
                tree.branches.append(
                    _Branch(
                        role,
                        place.element,
                        spoken,
                        spoken != place.language,
                        to_text(kid["/Alt"]) if "/Alt" in keys else None,
                        attributes.get("/Scope", ""),
                        attributes.get("/ListNumbering", ""),
                        to_text(kid["/ActualText"]) if "/ActualText" in keys else None,
                        page if owner is not None else 0,
                    )
                )
                if role in _INLINE:
                    place = Place(spoken, place.role, place.block, element, place.depth + 1)
                else:
                    blocks += 1
                    place = Place(spoken, role, blocks, element, place.depth + 1)
            else:
                place = Place(spoken, place.role, place.block, place.element, place.depth + 1)
            if "/K" in keys:
                todo.append((kid["/K"], page, place))
        except malformed():
            if is_strict:
                raise
            tree.is_cut = True
    return tree


class _Roles:
    """The standard type of each role, by the role map."""

    def __init__(self, role_map: PdfObject) -> None:
        self._map = role_map if is_mapping(role_map) else None
        self._known: dict[str, str] = {}

    def standard(self, role: PdfObject) -> str:
        name = str(role)
        if name not in self._known:
            found = name
            for _ in range(_LONGEST_ROLE_MAP):
                if self._map is None or found not in self._map:
                    break
                found = str(self._map[found])
            self._known[name] = found.lstrip("/")
        return self._known[name]


def _read_attributes(attributes: PdfObject) -> dict[str, str]:
    """Return the attributes of an element that are names, of all owners."""
    found: dict[str, str] = {}
    for item in items_of(attributes, MOST_ELEMENTS):
        if is_mapping(item):
            keys = item.keys()
            for key in ("/Scope", "/ListNumbering"):
                if key in keys and kind_of(item[key]) == "name_":
                    found[key] = to_text(item[key])
    return found
