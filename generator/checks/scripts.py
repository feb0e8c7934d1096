"""Tell which characters a language can be written with.

Sources: GB/T 2312 for simplified and Big5 for traditional Chinese, JIS X 0208 and JIS X 0213 for Japanese,
Unicode for the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache

from generator.checks.paragraphs import primary

# Without the marks that Chinese borrows: the long vowel mark and the middle dot.
KANA = "\u3041-\u3096\u309d\u309e\u30a1-\u30fa\u30fd\u30fe\uff66-\uff6f\uff71-\uff9d"
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_KANA, _HAN, _HANGUL = re.compile(f"[{KANA}]"), re.compile(f"[{HAN}]"), re.compile(f"[{HANGUL}]")
# Where at least this part of the letters cannot be of the language, the text is of another one.
_SHARE = 1 / 3


@lru_cache(maxsize=8192)
def foreign_letters(text: str, tag: str) -> tuple[tuple[str, ...], str, bool]:
    """Return the letters that a language does not have, the language that has them, and whether it is all.

    "All" means that the text as a whole is of that other language, and not a slip in one of this.
    """
    if not tag:
        return (), "", False
    language = primary(tag)
    kana, han, hangul = _KANA.findall(text), _HAN.findall(text), _HANGUL.findall(text)
    found: list[tuple[list[str], str]] = []
    if language != "ja":
        found.append((kana, "Japanese"))
    if language != "ko":
        found.append((hangul, "Korean"))
    if language not in ("ja", "ko", "yue", "zh"):
        found.append((han, "Chinese or Japanese"))
    elif language == "ja":
        found.append(([c for c in han if _is_only_chinese(c)], "Chinese"))
    elif _is_simplified(tag):
        found.append(([c for c in han if _is_only_japanese(c)], "Japanese or traditional Chinese"))
    elif language == "zh":
        found.append(([c for c in han if _is_only_simplified(c)], "simplified Chinese or Japanese"))
    letters = tuple(letter for some, _ in found for letter in some)
    if not letters:
        return (), "", False
    name = next(name for some, name in found if some)
    return (
        letters,
        name,
        len(letters) >= _SHARE * len(kana + han + hangul) or language not in ("ja", "yue", "zh"),
    )


def _is_simplified(tag: str) -> bool:
    parts = tag.casefold().split("-")
    return parts[0] == "zh" and not {"hant", "tw", "hk", "mo"} & set(parts)


@lru_cache(maxsize=16384)
def _is_in(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _is_only_chinese(character: str) -> bool:
    return _is_in(character, "gb2312") and not _is_in(character, "euc_jis_2004")


def _is_only_japanese(character: str) -> bool:
    # Rare characters of Chinese names are in neither set and pass.
    return _is_in(character, "shift_jis") and not _is_in(character, "gb2312")


def _is_only_simplified(character: str) -> bool:
    is_simplified = _is_in(character, "gb2312") or _is_in(character, "shift_jis")
    return is_simplified and not _is_in(character, "big5hkscs")
