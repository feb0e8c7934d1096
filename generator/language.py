"""The languages that handouts are printed in: one record a language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """What differs by language in facts (what differs in looks is in `templates/css`).

    `locale` names the folder below `locales/` and is Babel's identifier, `tag` is BCP 47 for HTML
    and PDF. `endonym` is the language's name for its readers; `ja_edition` and `ja_speech` tell
    Japanese staff which edition this is and which interpreter is wanted. `han` is the language tag
    for Han characters that stand in running text; a language without Han has "". `money` is how an
    amount of yen is written. `sentence_limit` is how long a sentence may be at a counter: in words
    where words are set apart, else in characters without marks. `keeps_words`: lines break between words
    only, where the engine by itself breaks between any two letters, as it does in Hangul. `is_easy`:
    Japanese for learners, in short sentences, larger, with a reading over every kanji, which stands
    behind it in the catalog: `解約《かいやく》`.

    A project adds a language by a file with these fields, `locales/<locale>/language.toml`; the folder
    gives `locale`.
    """

    locale: str
    tag: str
    endonym: str
    ja_edition: str
    ja_speech: str
    han: str
    money: str
    sentence_limit: int
    aliases: tuple[str, ...] = ()
    keeps_words: bool = False
    is_easy: bool = False

    @property
    def cldr(self) -> str:
        """Return the locale whose dates, numbers and lists it has, for Babel."""
        return SOURCE_LANGUAGE if self == PSEUDO else "ja" if self.is_easy else self.locale

    @property
    def is_japanese(self) -> bool:
        """Tell whether its readers read the Japanese that stands beside texts in other languages."""
        return self.tag.partition("-")[0] == "ja"

    @property
    def is_spaced(self) -> bool:
        """Tell whether words are set apart by spaces."""
        return not self.han


LANGUAGES: tuple[Language, ...] = (
    Language(
        locale="en",
        tag="en",
        endonym="English",
        ja_edition="英語版",
        ja_speech="英語",
        han="",
        money="{} yen",
        sentence_limit=25,
        aliases=("en_US", "en_GB", "eng"),
    ),
    Language(
        locale="ja",
        tag="ja",
        endonym="日本語",
        ja_edition="日本語版",
        ja_speech="（　　）語",
        han="ja",
        money="{}円",
        sentence_limit=50,
        aliases=("ja_JP", "jpn", "jp"),
    ),
    Language(
        locale="zh_Hans",
        tag="zh-Hans",
        endonym="简体中文",
        ja_edition="中国語（簡体字）版",
        ja_speech="中国語",
        han="zh-Hans",
        money="{}日元",
        sentence_limit=40,
        aliases=("zh", "zh_CN", "zh_SG", "zh_Hans_CN", "zh_Hans_SG", "zho", "chs", "cn"),
    ),
    Language(
        locale="zh_Hant",
        tag="zh-Hant",
        endonym="繁體中文",
        ja_edition="中国語（繁体字）版",
        ja_speech="中国語",
        han="zh-Hant",
        money="{}日圓",
        sentence_limit=40,
        aliases=("zh_TW", "zh_HK", "zh_MO", "zh_Hant_TW", "zh_Hant_HK", "cht", "tw"),
    ),
    Language(
        locale="ko",
        tag="ko",
        endonym="한국어",
        ja_edition="韓国語版",
        ja_speech="韓国語",
        han="",
        money="{}엔",
        sentence_limit=20,
        aliases=("ko_KR", "kor", "kr"),
        keeps_words=True,
    ),
    Language(
        locale="vi",
        tag="vi",
        endonym="Tiếng Việt",
        ja_edition="ベトナム語版",
        ja_speech="ベトナム語",
        han="",
        money="{} yên",
        sentence_limit=30,
        aliases=("vi_VN", "vie", "vn"),
    ),
    Language(
        locale="ja_Hira",
        tag="ja-Hira",
        endonym="やさしい日本語",
        ja_edition="やさしい日本語版",
        ja_speech="（　　）語",
        han="ja",
        money="{}円《えん》",
        sentence_limit=35,
        aliases=("easy", "ja_easy", "yasashii"),
        is_easy=True,
    ),
)

# No language: English that is longer and looks foreign, so that a person sees what was never offered to
# translators, and where a longer language will not fit. It has no catalog, and is printed in drafts only.
PSEUDO = Language(
    locale="pseudo",
    tag="en-x-pseudo",
    endonym="Pseudo",
    ja_edition="試し刷り",
    ja_speech="（　　）語",
    han="",
    money="{} yen",
    sentence_limit=25,
)

# The language that content and templates are written in; its catalog repeats them.
SOURCE_LANGUAGE = "en"


def find_language(spelling: str, known: Iterable[Language] = ()) -> Language | None:
    """Find a language by any usual spelling: `zh`, `zh-CN`, `ZH_hans`, `ja-JP`, `en_US.UTF-8`.

    `known` are languages of a project that have no record here.
    """
    wanted = spelling.partition(".")[0].replace("-", "_").casefold()
    for language in (*LANGUAGES, PSEUDO, *known):
        names = (language.locale, language.tag.replace("-", "_"), *language.aliases)
        if wanted in (name.casefold() for name in names):
            return language
    return None
