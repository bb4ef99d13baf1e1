"""Tracebacks that can be logged: where it happened, and of which type it was.

What an error says is kept if it is one of ours, whose texts quote nobody. Any other may quote what
it could not handle: a prompt, a token, an address.
"""

import traceback

from shared.errors import MechachangError


def stack_text(error: BaseException) -> str:
    """The traceback of ``error`` and of its causes, as Python writes it (Error Reporting reads
    that form), without texts that are not ours.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = f"{stack_text(cause)}\n\nThen:\n\n" if cause is not None else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    text = f": {error}" if isinstance(error, MechachangError) else ""
    stack = f"{before}Traceback (most recent call last):\n{frames}{kind}{text}"
    if isinstance(error, BaseExceptionGroup):
        inner = "\n\n".join(stack_text(one) for one in error.exceptions)
        return f"{stack}\n\nIn it:\n\n{inner}"
    return stack
