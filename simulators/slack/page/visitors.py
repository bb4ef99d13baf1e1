"""Who a page is opened as: whom it names, else a person who reads the browser's language."""

from collections.abc import Mapping, Sequence

from simulators.slack.state.model import User


def visitor(query: Mapping[str, str], humans: Sequence[User]) -> User:
    """The human that ``user`` names, by id or name; else the one whom ``languages`` fit best.

    ``languages`` is the browser's list, best first. A browser with none of the people's languages
    gets English if somebody reads it: the page's texts are in English then, too.
    """
    named = query.get("user")
    for human in humans:
        if named in {human.id, human.name}:
            return human
    wanted = [each for each in query.get("languages", "").split(",") if each]
    for language in [*wanted, "en"] if wanted else []:
        for human in [*_readers(language, humans), *_readers(_main(language), humans)]:
            return human
    return humans[0]


def _readers(language: str, humans: Sequence[User]) -> list[User]:
    """Those with exactly this locale, or with any locale of a bare language."""
    exactly = language.lower()
    return [each for each in humans if exactly in {each.locale.lower(), _main(each.locale)}]


def _main(language: str) -> str:
    return language.lower().partition("-")[0]
