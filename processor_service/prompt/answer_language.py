"""The language in which an answer is written, told by its first words.

The model is not asked for it: a field before the text would cost every answer its first moments.
"""

import re
from typing import Final

from shared.task import Locale

FIRST_CHARS: Final = 40
"""So many characters decide. The first piece of a growing answer is about as long, so that nobody
waits for this.
"""

# Chinese has Han characters, too, but no kana.
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_LATIN: Final = re.compile(r"[A-Za-z]")
# Names of columns and code are English in any language.
_NO_SENTENCE: Final = ("|", "`", "~~~")
# A Japanese word says about as much as three times as many Latin letters.
_LETTERS_PER_KANA: Final = 3


def answer_language(text: str, locale: Locale, *, growing: bool = False) -> Locale | None:
    """The language of ``text``; ``locale`` if it is neither or cannot be told.

    None while it is ``growing`` and too short: what is decided never changes.
    """
    first = text.lstrip()[:FIRST_CHARS]
    if growing and len(first) < FIRST_CHARS:
        return None
    if first.startswith(_NO_SENTENCE):
        return locale
    kana, latin = len(_KANA.findall(first)), len(_LATIN.findall(first))
    if kana and (kana + len(_HAN.findall(first))) * _LETTERS_PER_KANA >= latin:
        return "ja"
    return "en" if latin and not kana and not _HAN.search(first) else locale
