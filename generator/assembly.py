"""Put what a shop says into pages that were laid out without it.

    pages with a hole ─ read_mould ─▶ Mould ─┐
    panels of shops ─ read_panels ─▶ [Panel] ┴─ assemble(code) ─▶ the bytes of one handout

Layout costs a hundred times what is done here, and the pages of a guide differ from shop to shop in the
panel and in six letters of the edition. So a guide is laid out once for panels of one height, a panel once
for all guides, and a handout is the streams of both in one file: nothing that they share is packed again.

The pages are written as a mould: streams cut where the panel and the codes stand (`/Contents` is a list),
and objects, of which a few have gaps to be filled. A font is cut down to the glyphs that are drawn, numbered
in their order in the pinned font, so that the bytes do not depend on what else the project prints. The panel
has fonts of its own, with what it draws and the letters of codes.

Source: ISO 32000-1, 7.5.7 (object streams), 7.5.8 (cross-reference streams), 7.8.2 (content streams),
14.7 (logical structure).
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator.localize import CODE_ALPHABET, HOLE_CODE

if TYPE_CHECKING:
    from pikepdf import Pdf

    PdfObject = Any

# How much higher the mark stands on the page of a panel than in the hole (blocks.css), in points.
LEDGE_PT = 30 / 25.4 * 72
# Marked content of a panel has the first numbers of its page: those of the pages begin here.
PANEL_MARKS = 64
_LEVEL = 9


class MouldError(ValueError):
    """Pages or a panel that cannot be put together: they are written in another way than is known here."""


@dataclass(frozen=True)
class Font:
    """A font of a file: what of a pinned face is drawn in it.

    `face` is 0 for the regular face, 1 for the bold one; `program` and `characters` are packed streams,
    `descriptor` and `widths` the text of dictionaries.
    """

    face: int
    program: bytes
    length: int
    characters: bytes
    descriptor: str
    widths: str
    name: str


@dataclass(frozen=True)
class Node:
    """An element of a panel's structure tree: its entries but for its place, and marks or elements in it."""

    entries: str
    kids: tuple[int | Node, ...]


@dataclass(frozen=True)
class Panel:
    """What a shop says, as a piece of a page, whose origin is where its mark stood.

    `content` is a packed stream, whose fonts are /P0 (regular) and /P1 (bold); `states` the graphics states
    that it names; `nodes` its elements; `sha256` is of the content before it was packed.
    """

    content: bytes
    fonts: tuple[Font, ...]
    states: str
    nodes: tuple[Node, ...]
    sha256: str


@dataclass(frozen=True)
class Mould:
    """The pages of a guide with a hole. Numbers are of objects.

    `head` is the beginning of the file: its header, all streams that are the same in each handout, and a
    stream of objects. `entries` are their rows of the cross-reference. The texts have gaps (see `assemble`).
    `codes` are the numbers of the streams that hold a code, with the font size each is set in.
    """

    head: bytes
    entries: bytes
    next: int
    root: int
    info: tuple[int, str]
    metadata: tuple[int, str, str]
    resources: tuple[int, str]
    codes: tuple[tuple[int, str], ...]
    panel: int
    parent: tuple[int, str]
    marks: tuple[int, str]
    page: int


# --- fonts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Program:
    """A TrueType program, taken apart."""

    tables: Mapping[bytes, bytes]

    @staticmethod
    def read(data: bytes) -> _Program:
        count = int.from_bytes(data[4:6], "big")
        rows = (struct.unpack_from(">4sLLL", data, 12 + 16 * at) for at in range(count))
        return _Program({tag: data[offset : offset + length] for tag, _, offset, length in rows})

    def outline(self, glyph: int) -> bytes:
        if glyph >= int.from_bytes(self.tables[b"maxp"][4:6], "big"):
            return b""  # of a character that the font does not have
        wide = int.from_bytes(self.tables[b"head"][50:52], "big")
        loca = self.tables[b"loca"]
        if wide:
            start, end = struct.unpack_from(">LL", loca, 4 * glyph)
        else:
            start, end = (2 * at for at in struct.unpack_from(">HH", loca, 2 * glyph))
        found = self.tables[b"glyf"][start:end]
        if found[:2] == b"\xff\xff":
            raise MouldError("a glyph is made of others")
        return found

    def metric(self, glyph: int) -> bytes:
        wide = int.from_bytes(self.tables[b"hhea"][34:36], "big")
        hmtx = self.tables[b"hmtx"]
        if glyph >= int.from_bytes(self.tables[b"maxp"][4:6], "big"):
            return bytes(4)
        if glyph < wide:
            return hmtx[4 * glyph : 4 * glyph + 4]
        return hmtx[4 * wide - 4 : 4 * wide - 2] + hmtx[4 * wide + 2 * (glyph - wide) :][:2]


def cut_font(program: bytes, glyphs: Sequence[int]) -> bytes:
    """Return a TrueType program with these glyphs only, numbered as they come; the first is .notdef.

    Source: OpenType 1.9, glyf, loca, hmtx, maxp; ISO 32000-1, 9.9 (tables that a PDF needs).
    """
    font = _Program.read(program)
    outlines = [font.outline(glyph) for glyph in glyphs]
    outlines = [outline + bytes(-len(outline) % 4) for outline in outlines]
    places = [0]
    for outline in outlines:
        places.append(places[-1] + len(outline))
    head, hhea, maxp = (bytearray(font.tables[tag]) for tag in (b"head", b"hhea", b"maxp"))
    struct.pack_into(">h", head, 50, 1)
    struct.pack_into(">L", head, 8, 0)
    struct.pack_into(">H", hhea, 34, len(glyphs))
    struct.pack_into(">H", maxp, 4, len(glyphs))
    tables = {
        b"glyf": b"".join(outlines),
        b"head": bytes(head),
        b"hhea": bytes(hhea),
        b"hmtx": b"".join(font.metric(glyph) for glyph in glyphs),
        b"loca": struct.pack(f">{len(places)}L", *places),
        b"maxp": bytes(maxp),
    }
    power = len(tables).bit_length() - 1
    start = struct.pack(
        ">4sHHHH", b"\0\1\0\0", len(tables), 16 << power, power, 16 * len(tables) - (16 << power)
    )
    offset = 12 + 16 * len(tables)
    body, sums = b"", 0
    for tag, table in tables.items():
        padded = table + bytes(-len(table) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}L", padded)) % 2**32
        start += struct.pack(">4sLLL", tag, total, offset + len(body), len(table))
        body += padded
        sums += total
    sums += sum(struct.unpack(f">{len(start) // 4}L", start))
    at_head = len(start) + len(tables[b"glyf"])
    data = bytearray(start + body)
    struct.pack_into(">L", data, at_head + 8, (0xB1B0AFBA - sums) % 2**32)
    return bytes(data)


def _write_characters(texts: Mapping[int, str]) -> bytes:
    """Return a ToUnicode map of glyphs to UTF-16 in hexadecimal digits."""
    rows = [f"<{glyph:04x}> <{text}>" for glyph, text in sorted(texts.items())]
    lines = [
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo",
        "<< /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def",
        "1 begincodespacerange\n<0000> <ffff>\nendcodespacerange",
    ]
    for at in range(0, len(rows), 100):
        block = rows[at : at + 100]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"]
    return "\n".join(lines).encode()


_BFCHAR = re.compile(rb"^<([0-9a-f]{4})> <([0-9a-f]*)>$", re.M)


@dataclass
class _UsedFont:
    """A font of a file as the engine wrote it, and what glyph becomes which."""

    program: bytes
    texts: Mapping[int, str]
    widths: Mapping[int, float]
    descriptor: str
    face: int
    glyphs: list[int] = field(default_factory=list)

    @staticmethod
    def read(font: PdfObject) -> _UsedFont:
        import pikepdf

        inner = font.DescendantFonts[0]
        descriptor = inner.FontDescriptor
        texts = {
            int(glyph, 16): text.decode() for glyph, text in _BFCHAR.findall(font.ToUnicode.read_bytes())
        }
        widths: dict[int, float] = {}
        runs = list(inner.W)
        for start, of_run in zip(runs[::2], runs[1::2], strict=True):
            widths |= {int(start) + at: float(width) for at, width in enumerate(of_run)}
        plain = pikepdf.Dictionary(
            {k: v for k, v in descriptor.items() if k not in ("/FontFile2", "/FontName")}
        )
        # All faces of ours are of one family.
        face = int("Bold" in str(descriptor.FontName))
        return _UsedFont(
            descriptor.FontFile2.read_bytes(), texts, widths, plain.unparse().decode("latin-1"), face
        )

    def number(self, glyphs: Iterable[int]) -> dict[int, int]:
        """Number these glyphs in the order of the pinned font; 0 is .notdef."""
        self.glyphs = [0, *sorted(set(glyphs) - {0})]
        return {glyph: number for number, glyph in enumerate(self.glyphs)}

    def finish(self) -> Font:
        """Return the font with its glyphs numbered anew."""
        program = cut_font(self.program, self.glyphs)
        texts = {new: self.texts[old] for new, old in enumerate(self.glyphs) if old in self.texts}
        widths = " ".join(
            f"{new} [{self.widths[old]:g}]"
            for new, old in enumerate(self.glyphs)
            if self.widths.get(old, 1000) != 1000
        )
        digest = hashlib.sha256(program).digest()
        tag = "".join(chr(65 + byte % 26) for byte in digest[:6])
        style = "-Bold" if self.face else ""
        return Font(
            self.face,
            zlib.compress(program, _LEVEL),
            len(program),
            zlib.compress(_write_characters(texts), _LEVEL),
            self.descriptor,
            widths,
            f"/{tag}+Handout-Sans{style}",
        )


_SHOWN = re.compile(rb"/(\w+) ([\d.]+) Tf\n\[(.*?)\] TJ")
_STRING = re.compile(rb"<([0-9a-f]*)>")


def _list_glyphs(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield what is drawn with each font of a content stream."""
    for font, _, shown in _SHOWN.findall(content):
        for string in _STRING.findall(shown):
            for at in range(0, len(string), 4):
                yield font, int(string[at : at + 4], 16)


def _renumber(
    content: bytes, names: Mapping[bytes, bytes], numbers: Mapping[bytes, Mapping[int, int]]
) -> bytes:
    """Return a content stream with fonts of other names, whose glyphs have other numbers."""

    def show(found: re.Match[bytes]) -> bytes:
        font, size, shown = found.groups()
        known = numbers[font]

        def spell(string: re.Match[bytes]) -> bytes:
            digits = string[1]
            return b"<%s>" % b"".join(
                b"%04x" % known[int(digits[at : at + 4], 16)] for at in range(0, len(digits), 4)
            )

        return b"/%s %s Tf\n[%s] TJ" % (names[font], size, _STRING.sub(spell, shown))

    return _SHOWN.sub(show, content)


# --- reading pages ---------------------------------------------------------------------------------------

_GROUP = re.compile(rb"(?:^|\n)q\n((?:[^\n]* cm\n)+)(?:(?!Q\n|q\n)[^\n]*\n)*?/\w+\n<</MCID (\d+)>>\nBDC\n")
_PLACE = re.compile(rb"1 0 0 -1 (-?[\d.]+) (-?[\d.]+) Tm\n")


@dataclass(frozen=True)
class _Cut:
    """A content stream cut in two where the mark of the hole stood, and where that was, in points."""

    before: bytes
    after: bytes
    mark: int
    origin: tuple[float, float]


def _cut_at_mark(content: bytes, mark: int) -> _Cut:
    for found in _GROUP.finditer(content):
        if int(found[2]) != mark:
            continue
        end = content.find(b"\nEMC\nQ", found.end())
        place = _PLACE.search(content, found.end(), end)
        if end < 0 or not place:
            break
        matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        for line in found[1].splitlines():
            a, b, c, d, e, f = map(float, line.split()[:6])
            p, q, r, s, t, u = matrix
            matrix = (
                a * p + b * r,
                a * q + b * s,
                c * p + d * r,
                c * q + d * s,
                e * p + f * r + t,
                e * q + f * s + u,
            )
        x, y = float(place[1]), float(place[2])
        origin = (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5])
        return _Cut(content[: found.start()] + b"\n", content[end + 6 :].lstrip(b"\n"), mark, origin)
    raise MouldError("the mark of the panel is not in the page")


def _find_mark(document: Pdf) -> Iterator[PdfObject]:
    import pikepdf

    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary) and "/S" in item and str(item.get("/T", "")) == "hole":
            if not isinstance(item.get("/K"), int):
                raise MouldError("the mark of the panel is not one run of text")
            yield item


def read_panels(pdf: bytes, count: int) -> tuple[Panel, ...]:
    """Read the panels of a file that has one on each of its pages.

    Raises:
        MouldError: it is not written as is known here.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = list(document.pages)
        if len(pages) != count + 1:
            raise MouldError(f"{count} panels and the letters of codes stand on {len(pages)} pages")
        fonts = {
            name.lstrip("/").encode(): _UsedFont.read(font) for name, font in pages[0].Resources.Font.items()
        }
        states: Any = pages[0].Resources.get("/ExtGState", {})
        elements = {item.Pg.objgen: item for item in _find_mark(document)}
        letters = [glyph for _, glyph in _list_glyphs(pages[0].Contents.read_bytes())][-len(CODE_ALPHABET) :]
        if len(letters) != len(CODE_ALPHABET):
            raise MouldError("the letters of codes are not in the file")
        return tuple(_read_panel(page, elements[page.objgen], fonts, states, letters) for page in pages[1:])


def _read_panel(
    page: PdfObject,
    mark: PdfObject,
    fonts: Mapping[bytes, _UsedFont],
    states: PdfObject,
    letters: Sequence[int],
) -> Panel:
    import pikepdf

    if "/Annots" in page:
        raise MouldError("a panel has links")
    cut = _cut_at_mark(page.Contents.read_bytes(), int(mark.K))
    content = cut.before + cut.after
    if b" Do\n" in content or b" sh\n" in content or b" scn\n" in content:
        raise MouldError("a panel has pictures or patterns")
    used: dict[bytes, set[int]] = {}
    for name, glyph in _list_glyphs(content):
        used.setdefault(name, set()).add(glyph)
    regular = next((name for name, font in fonts.items() if not font.face), None)
    if regular is None:
        raise MouldError("a panel has no regular face")
    numbers: dict[bytes, dict[int, int]] = {}
    finished: list[Font] = []
    for name, font in fonts.items():
        glyphs = used.get(name, set())
        if name == regular:
            # The letters of codes come first, so that a code is written without looking.
            order = [0, *letters, *sorted(glyphs - {0, *letters})]
            font.glyphs = order
            numbers[name] = {glyph: number for number, glyph in enumerate(order)}
        elif glyphs:
            numbers[name] = font.number(glyphs)
        else:
            continue
        finished.append(font.finish())
    names = {name: b"P%d" % fonts[name].face for name in numbers}
    content = _renumber(content, names, numbers)
    # The mark is gone, and numbers begin at 0.
    marks = sorted({int(number) for number in re.findall(rb"/MCID (\d+)", content)})
    if len(marks) > PANEL_MARKS:
        raise MouldError("a panel has too many texts")
    new = {old: number for number, old in enumerate(marks)}
    content = re.sub(rb"/MCID (\d+)", lambda found: b"/MCID %d" % new[int(found[1])], content)

    def read(element: PdfObject) -> Node:
        kids = element.get("/K", pikepdf.Array())
        kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        found: list[int | Node] = []
        for kid in kids:
            if isinstance(kid, int):
                found.append(new[kid])
            elif kid.objgen != mark.objgen:
                found.append(read(kid))
        entries = pikepdf.Dictionary(
            {key: value for key, value in element.items() if key not in ("/K", "/P", "/Pg", "/Type")}
        )
        return Node(entries.unparse().decode("latin-1")[2:-2].strip(), tuple(found))

    nodes = tuple(kid for kid in read(mark.P).kids if isinstance(kid, Node))
    wanted = {name.decode() for name in re.findall(rb"^/(\S+) gs$", content, re.M)}
    of_states = " ".join(
        f"/P{name} {states[f'/{name}'].unparse(resolved=True).decode('latin-1')}" for name in sorted(wanted)
    )
    content = re.sub(rb"^/(\S+) gs$", rb"/P\1 gs", content, flags=re.M)
    x, y = cut.origin
    content = b"q\n1 0 0 1 %.6f %.6f cm\n%s\nQ\n" % (-x, -y, content)
    return Panel(
        zlib.compress(content, _LEVEL),
        tuple(sorted(finished, key=lambda font: font.face)),
        of_states,
        nodes,
        hashlib.sha256(content).hexdigest(),
    )


# Stands in the texts of a mould for what is filled in.
_GAP = "\x1a"


def read_mould(pdf: bytes) -> Mould:
    """Read the pages of a guide that were made with a hole.

    Raises:
        MouldError: they are not written as is known here.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        return _MouldReader(document).read()


class _MouldReader:
    def __init__(self, document: Pdf) -> None:
        self.document = document
        # Objects of the new file: those of the old under their numbers, then the pieces of pages.
        self.texts: dict[int, str] = {}
        self.streams: dict[int, tuple[str, bytes]] = {}
        self.last = max(item.objgen[0] for item in document.objects)

    def add(self) -> int:
        self.last += 1
        return self.last

    def add_stream(self, data: bytes) -> int:
        number = self.add()
        self.streams[number] = ("/Filter /FlateDecode", zlib.compress(data, _LEVEL))
        return number

    def read(self) -> Mould:
        import pikepdf

        document = self.document
        marks = list(_find_mark(document))
        if len(marks) != 1:
            raise MouldError("the panel has no mark, or more than one")
        (mark,) = marks
        pages = [page.obj for page in document.pages]
        fonts = dict(pages[0].Resources.Font.items())
        used = {name.lstrip("/").encode(): _UsedFont.read(font) for name, font in fonts.items()}
        contents = {page.objgen: page.Contents.read_bytes() for page in pages}
        # The mark and the codes are taken out before it is counted which glyphs are drawn.
        cut = _cut_at_mark(contents[mark.Pg.objgen], int(mark.K))
        letter = next(
            (
                glyph
                for font in used.values()
                if not font.face
                for glyph, text in font.texts.items()
                if text == "0057"
            ),
            None,
        )
        if letter is None:
            raise MouldError("no code is in the pages")
        code = re.compile(rb"/(\w+) ([\d.]+) Tf\n\[<(?:%04x){6}>\] TJ" % letter)
        pieces: dict[Any, list[bytes | str]] = {}
        shift = b"q\n1 0 0 1 %.6f %.6f cm\n" % (cut.origin[0], cut.origin[1] + LEDGE_PT)
        for page in pages:
            parts = (
                [cut.before + shift, b"Q\n" + cut.after]
                if page.objgen == mark.Pg.objgen
                else [contents[page.objgen]]
            )
            of_page: list[bytes | str] = []
            for number, part in enumerate(parts):
                if number:
                    of_page.append("panel")
                at = 0
                for found in code.finditer(part):
                    if used[found[1]].face:
                        raise MouldError("a code is set in bold")
                    of_page += [part[at : found.start()], found[2].decode()]
                    at = found.end()
                of_page.append(part[at:])
            pieces[page.objgen] = of_page
        drawn: dict[bytes, set[int]] = {}
        for of_page in pieces.values():
            for piece in of_page:
                if isinstance(piece, bytes):
                    for name, glyph in _list_glyphs(piece):
                        drawn.setdefault(name, set()).add(glyph)
        numbers = {name: used[name].number(glyphs) for name, glyphs in drawn.items()}
        same = {name: name for name in numbers}
        page_number = mark.Pg.objgen[0]
        tree = document.Root.StructTreeRoot
        parent_tree = tree.ParentTree
        moved = self.number_marks(mark)
        panel = self.add()
        codes: list[tuple[int, str]] = []
        gone = {item.Contents.objgen[0] for item in pages}
        # The root of the tree and others are read as they are; these are written anew.
        for label, font in fonts.items():
            key = label.lstrip("/").encode()
            if key not in numbers:
                raise MouldError("a font is not used")
            self.write_font(font, used[key].finish(), gone)
        for page in pages:
            refs: list[int] = []
            for piece in pieces[page.objgen]:
                if piece == "panel":
                    refs.append(panel)
                elif isinstance(piece, str):
                    refs.append(self.add())
                    codes.append((refs[-1], piece))
                else:
                    stream = _renumber(piece, same, numbers)
                    if page.objgen[0] == page_number:
                        stream = re.sub(rb"/MCID (\d+)", lambda m: b"/MCID %d" % moved[int(m[1])], stream)
                    refs.append(self.add_stream(stream))
            rest = (
                pikepdf.Dictionary({k: v for k, v in page.items() if k != "/Contents"})
                .unparse()
                .decode("latin-1")
            )
            listed = " ".join(f"{number} 0 R" for number in refs)
            self.texts[page.objgen[0]] = f"{rest[:-2]} /Contents [ {listed} ] >>"
        info_number = document.trailer.Info.objgen[0]
        resources_number = pages[0].Resources.objgen[0]
        holder = mark.P
        gone |= {mark.objgen[0]}
        for item in document.objects:
            number = item.objgen[0]
            if number in gone or number in self.texts or number in self.streams:
                continue
            if isinstance(item, pikepdf.Stream):
                if item.get("/Type") in ("/ObjStm", "/XRef"):
                    continue
                entries = pikepdf.Dictionary({k: v for k, v in item.stream_dict.items() if k != "/Length"})
                self.streams[number] = (
                    entries.unparse().decode("latin-1")[2:-2].strip(),
                    item.read_raw_bytes(),
                )
            elif item is not None:
                self.texts[number] = self.write(item, page_number, moved)
        metadata_number = document.Root.Metadata.objgen[0]
        metadata_entries, _ = self.streams.pop(metadata_number)
        metadata = document.Root.Metadata.read_bytes().decode()
        info = self.texts.pop(info_number)
        for described in (metadata, info):
            if described.count(HOLE_CODE) != 1:
                raise MouldError("the author is not where it is known to be")
        resources = pages[0].Resources
        others = {k: v for k, v in resources.items() if k not in ("/Font", "/ExtGState")}
        font_refs = " ".join(f"{name} {font.objgen[0]} 0 R" for name, font in fonts.items())
        states = " ".join(
            f"{name} {state.unparse().decode('latin-1')}"
            for name, state in resources.get("/ExtGState", {}).items()
        )
        plain = pikepdf.Dictionary(others).unparse().decode("latin-1")[2:-2]
        resource_text = f"<< {plain} /Font << {font_refs} {_GAP} >> /ExtGState << {states} {_GAP} >> >>"
        self.texts.pop(resources_number)
        self.texts.pop(holder.objgen[0])
        parent_text = self.write(holder, page_number, moved, hole=mark.objgen)
        marks_text = self.write_parent_tree(parent_tree, pages, page_number, moved)
        self.texts.pop(parent_tree.objgen[0])
        head, rows = self.pack()
        return Mould(
            head=head,
            entries=rows,
            next=self.last + 1,
            root=document.Root.objgen[0],
            info=(info_number, info),
            metadata=(metadata_number, metadata_entries, metadata),
            resources=(resources_number, resource_text),
            codes=tuple(codes),
            panel=panel,
            parent=(holder.objgen[0], parent_text),
            marks=(parent_tree.objgen[0], marks_text),
            page=page_number,
        )

    def number_marks(self, mark: PdfObject) -> dict[int, int]:
        """Number the marked content of the panel's page behind that of the panel."""
        content = mark.Pg.Contents.read_bytes()
        old = sorted({int(number) for number in re.findall(rb"/MCID (\d+)", content)} - {int(mark.K)})
        return {number: PANEL_MARKS + at for at, number in enumerate(old)}

    def write(
        self, item: PdfObject, page: int, moved: Mapping[int, int], hole: tuple[int, int] | None = None
    ) -> str:
        """Return an object as text; marks on the panel's page have new numbers, and the hole is a gap."""
        import pikepdf

        if not (isinstance(item, pikepdf.Dictionary) and "/S" in item and ("/K" in item or "/P" in item)):
            text: str = item.unparse(resolved=True).decode("latin-1")
            return text
        held = item.get("/K", pikepdf.Array())
        kids: list[Any] = list(held) if isinstance(held, pikepdf.Array) else [held]
        is_there = "/Pg" in item and item.Pg.objgen[0] == page
        found = []
        for kid in kids:
            if isinstance(kid, int):
                found.append(str(moved[kid] if is_there else kid))
            elif hole and kid.objgen == hole:
                found.append(_GAP)
            else:
                found.append(f"{kid.objgen[0]} 0 R")
        rest = pikepdf.Dictionary({k: v for k, v in item.items() if k != "/K"}).unparse().decode("latin-1")
        return f"{rest[:-2]} /K [ {' '.join(found)} ] >>" if found else rest

    def write_parent_tree(
        self, tree: PdfObject, pages: Sequence[PdfObject], page: int, moved: Mapping[int, int]
    ) -> str:
        import pikepdf

        at = next(int(item.StructParents) for item in pages if item.objgen[0] == page)
        rows = list(tree.Nums)
        texts = []
        for key, value in zip(rows[::2], rows[1::2], strict=True):
            if int(key) != at:
                texts.append(f"{int(key)} {value.unparse().decode('latin-1')}")
                continue
            owners = ["null"] * (PANEL_MARKS + len(moved))
            for old, owner in enumerate(value):
                if old in moved and isinstance(owner, pikepdf.Dictionary):
                    owners[moved[old]] = f"{owner.objgen[0]} 0 R"
            texts.append(f"{int(key)} [ {_GAP} {' '.join(owners[PANEL_MARKS:])} ]")
        rest = pikepdf.Dictionary({k: v for k, v in tree.items() if k != "/Nums"}).unparse().decode("latin-1")
        return f"{rest[:-2]} /Nums [ {' '.join(texts)} ] >>"

    def write_font(self, font: PdfObject, new: Font, gone: set[int]) -> None:
        inner = font.DescendantFonts[0]
        descriptor = inner.FontDescriptor
        numbers = FontNumbers(
            font.objgen[0],
            inner.objgen[0],
            descriptor.objgen[0],
            descriptor.FontFile2.objgen[0],
            font.ToUnicode.objgen[0],
        )
        self.texts.update(list_font_objects(new, numbers))
        self.streams[numbers.program] = (f"/Filter /FlateDecode /Length1 {new.length}", new.program)
        self.streams[numbers.characters] = ("/Filter /FlateDecode", new.characters)

    def pack(self) -> tuple[bytes, bytes]:
        """Return the beginning of the file, and the rows of its objects in the cross-reference."""
        out = io.BytesIO()
        out.write(b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n")
        rows: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
        for number in sorted(self.streams):
            entries, data = self.streams[number]
            rows[number] = (1, out.tell(), 0)
            _write_stream(out, number, entries, data)
        if self.texts:
            number = self.add()
            rows[number] = (1, out.tell(), 0)
            rows |= {kept: (2, number, at) for at, kept in enumerate(sorted(self.texts))}
            _write_objects(out, number, sorted(self.texts.items()))
        free = (0, 0, 0)
        return out.getvalue(), b"".join(_ROW.pack(*rows.get(at, free)) for at in range(self.last + 1))


# A row of the cross-reference: kind, place, generation or index.
_ROW = struct.Struct(">BLH")


@dataclass(frozen=True)
class FontNumbers:
    """The numbers of the objects of a font."""

    font: int
    inner: int
    descriptor: int
    program: int
    characters: int


def list_font_objects(font: Font, numbers: FontNumbers) -> list[tuple[int, str]]:
    """Return the dictionaries of a font.

    Source: ISO 32000-1, 9.7 (composite fonts).
    """
    return [
        (
            numbers.font,
            f"<< /Type /Font /Subtype /Type0 /BaseFont {font.name} /Encoding /Identity-H "
            f"/DescendantFonts [ {numbers.inner} 0 R ] /ToUnicode {numbers.characters} 0 R >>",
        ),
        (
            numbers.inner,
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont {font.name} /CIDToGIDMap /Identity "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/W [ {font.widths} ] /FontDescriptor {numbers.descriptor} 0 R >>",
        ),
        (
            numbers.descriptor,
            f"{font.descriptor[:-2]} /FontName {font.name} /FontFile2 {numbers.program} 0 R >>",
        ),
    ]


def _write_stream(out: io.BytesIO, number: int, entries: str, data: bytes) -> None:
    out.write(b"%d 0 obj\n<< %s /Length %d >>\nstream\n" % (number, entries.encode(), len(data)))
    out.write(data)
    out.write(b"\nendstream\nendobj\n")


def _write_objects(out: io.BytesIO, number: int, objects: Sequence[tuple[int, str]]) -> None:
    """Write objects into one packed stream."""
    index, bodies, at = [], [], 0
    for inner, text in objects:
        data = text.encode("latin-1")
        index.append(b"%d %d" % (inner, at))
        bodies.append(data)
        at += len(data) + 1
    start = b" ".join(index) + b"\n"
    packed = zlib.compress(start + b"\n".join(bodies), _LEVEL)
    entries = f"/Type /ObjStm /N {len(objects)} /First {len(start)} /Filter /FlateDecode"
    _write_stream(out, number, entries, packed)


# --- putting together ------------------------------------------------------------------------------------


def spell(code: str) -> bytes:
    """Return a code as the glyphs that show it: the letters of codes are the first of a panel's font."""
    return b"".join(b"%04x" % (1 + CODE_ALPHABET.index(letter)) for letter in code)


def assemble(mould: Mould, panel: Panel, code: str, author: str) -> bytes:
    """Return the file of a handout: the pages of the mould, with a panel and the code of the edition.

    `author` is the name of the shop, which the file names as its author.
    """
    out = io.BytesIO()
    out.write(mould.head)
    rows: dict[int, tuple[int, int, int]] = {}
    last = mould.next - 1

    def add() -> int:
        nonlocal last
        last += 1
        return last

    def put_stream(number: int, entries: str, data: bytes) -> None:
        rows[number] = (1, out.tell(), 0)
        _write_stream(out, number, entries, data)

    put_stream(mould.panel, "/Filter /FlateDecode", panel.content)
    for number, size in mould.codes:
        put_stream(number, "", b"/P0 %s Tf\n[<%s>] TJ\n" % (size.encode(), spell(code)))
    number, entries, text = mould.metadata
    put_stream(number, entries, zlib.compress(text.replace(HOLE_CODE, _escape(author)).encode(), _LEVEL))
    objects: list[tuple[int, str]] = []
    fonts = []
    for font in panel.fonts:
        numbers = FontNumbers(add(), add(), add(), add(), add())
        objects += list_font_objects(font, numbers)
        put_stream(numbers.program, f"/Filter /FlateDecode /Length1 {font.length}", font.program)
        put_stream(numbers.characters, "/Filter /FlateDecode", font.characters)
        fonts.append(f"/P{font.face} {numbers.font} 0 R")
    owners = ["null"] * PANEL_MARKS

    def place(node: Node, parent: int) -> int:
        number = add()
        kids = []
        for kid in node.kids:
            if isinstance(kid, Node):
                kids.append(f"{place(kid, number)} 0 R")
            else:
                owners[kid] = f"{number} 0 R"
                kids.append(str(kid))
        page = (
            f" /Pg {mould.page} 0 R" if node.kids and not all(isinstance(k, Node) for k in node.kids) else ""
        )
        listed = f" /K [ {' '.join(kids)} ]" if kids else ""
        objects.append((number, f"<< {node.entries} /P {parent} 0 R{page}{listed} >>"))
        return number

    parent, parent_text = mould.parent
    placed = " ".join(f"{place(node, parent)} 0 R" for node in panel.nodes)
    objects.append((parent, parent_text.replace(_GAP, placed)))
    objects.append((mould.marks[0], mould.marks[1].replace(_GAP, " ".join(owners))))
    before, between, after = mould.resources[1].split(_GAP)
    objects.append((mould.resources[0], f"{before}{' '.join(fonts)}{between}{panel.states}{after}"))
    objects.append((mould.info[0], mould.info[1].replace(f"({HOLE_CODE})", _quote(author))))
    objects.sort()
    number = add()
    rows[number] = (1, out.tell(), 0)
    _write_objects(out, number, objects)
    rows |= {inner: (2, number, at) for at, (inner, _) in enumerate(objects)}
    number = add()
    rows[number] = (1, out.tell(), 0)
    table = bytearray(mould.entries) + bytes(_ROW.size * (last + 1 - mould.next))
    for at, row in rows.items():
        _ROW.pack_into(table, at * _ROW.size, *row)
    start = out.tell()
    entries = (
        f"/Type /XRef /Size {last + 1} /W [ 1 4 2 ] /Root {mould.root} 0 R /Info {mould.info[0]} 0 R "
        "/Filter /FlateDecode"
    )
    _write_stream(out, number, entries, zlib.compress(bytes(table), _LEVEL))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _quote(text: str) -> str:
    """Return a text as a string of a PDF: hexadecimal digits of UTF-16."""
    return f"<feff{text.encode('utf-16-be').hex()}>"
