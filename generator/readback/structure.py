"""Read the structure tree: what a screen reader goes by.

Source: ISO 32000-1:2008, 14.7 (logical structure), 14.8 (tagged PDF).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from generator.readback.model import Box, Element, Run

PdfObject: TypeAlias = Any

# ISO 32000-1, 14.8.4.4: types within a line. WeasyPrint also makes NonStruct of <b> and <small>.
_INLINE = {"Span", "NonStruct", "Private", "Quote", "Link", "Reference", "Code", "Annot", "Lbl"}
# A role that is mapped more often than this is mapped to itself.
_LONGEST_ROLE_MAP = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where marked content hangs in the structure tree: `element` is the index of its element."""

    language: str
    role: str
    block: int
    element: int


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
    page: int = 0
    text: list[str] = field(default_factory=list)
    box: Box | None = None


@dataclass(slots=True)
class Tree:
    """The structure tree: the place of each (page, MCID) in reading order, and its elements."""

    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    branches: list[_Branch] = field(default_factory=list)

    def elements(
        self, shown: dict[tuple[int, int], list[Run]], drawn: dict[int, list[Box]]
    ) -> Iterator[Element]:
        """Yield the elements with what they show; `drawn` are boxes of pictures, by element."""
        for key, place in self.places.items():
            for run in shown.get(key, ()):
                self._add(place.element, run.page, run.text, run.ink_mm)
        for index, boxes in drawn.items():
            for box in boxes:
                self._add(index, self.branches[index].page, "", box)
        for branch in self.branches:
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
            )

    def _add(self, index: int, page: int, text: str, box: Box | None) -> None:
        while index >= 0:
            branch = self.branches[index]
            branch.page = branch.page or page
            branch.text.append(text)
            if box and branch.page == page:
                old = branch.box or box
                branch.box = (
                    min(old[0], box[0]),
                    min(old[1], box[1]),
                    max(old[2], box[2]),
                    max(old[3], box[3]),
                )
            index = branch.parent


def read_structure(root: PdfObject, pages: dict[tuple[int, int], int], language: str) -> Tree:
    """Read the tree; a file without one has an empty one. `pages` are page numbers by object."""
    from pikepdf import Array, Dictionary

    tree = Tree()
    top = root.get("/StructTreeRoot")
    if top is None:
        return tree
    role_map = top.get("/RoleMap", {})
    seen: set[tuple[int, int]] = set()
    todo: list[tuple[PdfObject, int, Place]] = [(top.get("/K"), 0, Place(language, "Document", 0, -1))]
    blocks = 0
    while todo:
        kid, page, place = todo.pop()
        if isinstance(kid, int):
            tree.places.setdefault((page, kid), place)
        elif isinstance(kid, Array):
            # A stack is read from its end.
            todo += [(item, page, place) for item in reversed(list(kid))]
        elif isinstance(kid, Dictionary):
            if kid.is_indirect:
                if kid.objgen in seen:
                    continue
                seen.add(kid.objgen)
            owner = kid.get("/Pg")
            page = page if owner is None else pages.get(owner.objgen, 0)
            if "/MCID" in kid:
                tree.places.setdefault((page, int(kid.MCID)), place)
                continue
            role = _standard_role(kid.get("/S"), role_map)
            own = kid.get("/Lang")
            around, element = place, place.element
            if role:
                element = len(tree.branches)
                attributes = _read_attributes(kid.get("/A"))
                alt = kid.get("/Alt")
                tree.branches.append(
                    _Branch(
                        role,
                        around.element,
                        str(own) if own is not None else around.language,
                        own is not None and str(own) != around.language,
                        None if alt is None else str(alt),
                        attributes.get("/Scope", ""),
                        attributes.get("/ListNumbering", ""),
                        page if owner is not None else 0,
                    )
                )
            if role and role not in _INLINE:
                blocks += 1
                place = Place(around.language, role, blocks, element)
            place = Place(str(own) if own is not None else place.language, place.role, place.block, element)
            todo.append((kid.get("/K"), page, place))
    return tree


def _standard_role(role: PdfObject, role_map: PdfObject) -> str:
    if role is None:
        return ""
    name = str(role)
    for _ in range(_LONGEST_ROLE_MAP):
        if name not in role_map:
            break
        name = str(role_map[name])
    return name.lstrip("/")


def _read_attributes(attributes: PdfObject) -> dict[str, str]:
    """Return the attributes of an element that are names, of all owners."""
    from pikepdf import Array, Dictionary, Name

    found: dict[str, str] = {}
    for item in attributes if isinstance(attributes, Array) else (attributes,):
        if isinstance(item, Dictionary):
            found.update(
                (key, str(value).lstrip("/")) for key, value in item.items() if isinstance(value, Name)
            )
    return found
