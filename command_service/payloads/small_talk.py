"""Whether the words of a message in a thread ask for anything."""

import re
import unicodedata

_TO_SOMEBODY_ELSE = re.compile(r"\A\s*<(?:@|!subteam\^|!here|!channel|!everyone)")
_NO_WORDS = re.compile(r"<[@#!][^<>\n]*>|:[\w+'-]+:")
# A longer text is no small talk; a row of accents takes Unicode quadratic time.
_MOST_CHARS = 500
_BETWEEN_PHRASES = re.compile(r"[^\w\s]+|\n")
_THANKS = """
    thanks; thanks a lot; thank you; thank you so much; thank you very much; thx; ty; many thanks;
    ありがとう; ありがとうございます; ありがとうございました; ありがとうです; 感謝です; 助かります;
    助かりました
"""
_ASSENT = """
    ok; okay; got it; great; nice; perfect; cool; noted; understood; sounds good; will do;
    了解; 了解です; 了解しました; りょうかいです; 承知しました; 承知です;
    わかりました; 分かりました; なるほど; なるほどです; いいですね; オッケー; オーケー; おk
"""
_GRATEFUL = frozenset(" ".join(phrase.split()) for phrase in _THANKS.split(";"))
_PHRASES = _GRATEFUL | {" ".join(phrase.split()) for phrase in _ASSENT.split(";")}


def opens_with_somebody_else(text: str) -> bool:
    """Whether a message's markup begins with a mention: of a person, a group, or everybody."""
    return _TO_SOMEBODY_ELSE.match(text) is not None


def has_words(text: str) -> bool:
    """Whether a message's markup is more than mentions and emoji."""
    return any(character.isalnum() for character in _NO_WORDS.sub(" ", text))


def is_small_talk(text: str) -> bool:
    """Whether a message's markup is only mentions, emoji, or thanks."""
    phrases = _phrases(text)
    return phrases is not None and _PHRASES.issuperset(phrases)


def is_thanks(text: str) -> bool:
    """Whether a message says thank you and nothing else; "ok" may answer a question of ours."""
    phrases = _phrases(text) or []
    return bool(phrases) and _GRATEFUL.issuperset(phrases)


def _phrases(text: str) -> list[str] | None:
    """The phrases between punctuation, without mentions and emoji; None if it is no small talk."""
    words = _NO_WORDS.sub(" ", text)
    if sum(map(len, words.split())) > _MOST_CHARS:
        return None
    words = unicodedata.normalize("NFKC", words).casefold()
    phrases = (" ".join(phrase.split()) for phrase in _BETWEEN_PHRASES.split(words))
    return [phrase for phrase in phrases if phrase]
