"""Tracebacks that are safe to log: the places and the types of errors.

The text of an error is kept only for our own types, which quote no user. Any other may quote what
it could not handle: a prompt, a token, an address.
"""

import traceback

from shared.errors import MechachangError


def stack_text(error: BaseException) -> str:
    """The traceback of ``error`` and of its causes in Python's format (Error Reporting parses it),
    without texts that are not ours.
    """
    chain: list[BaseException] = []
    link: BaseException | None = error
    # A chain may lead back to itself: it ends there, as in Python.
    while link is not None and not any(link is one for one in chain):
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n\nThen:\n\n".join(_one(link) for link in reversed(chain))


def _one(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    text = f": {error}" if isinstance(error, MechachangError) else ""
    stack = f"Traceback (most recent call last):\n{frames}{kind}{text}"
    if isinstance(error, BaseExceptionGroup):
        inside = "\n\n".join(stack_text(one) for one in error.exceptions)
        return f"{stack}\n\nIn it:\n\n{inside}"
    return stack
