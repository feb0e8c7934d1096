"""Where a Japanese text may be broken so that its phrases (bunsetsu) stay whole. The only room for BudouX."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=512)
def split_phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of a Japanese text in order.

    Source: BudouX, its model for Japanese.
    """
    import budoux

    return tuple(budoux.load_default_japanese_parser().parse(text))
