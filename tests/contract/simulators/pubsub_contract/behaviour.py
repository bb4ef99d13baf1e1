"""What the two brokers do where they are not alike.

The simulator's side is what Google documents for the real service; the emulator's is what it does,
so that a new version of it is noticed.
"""

from collections.abc import Awaitable
from dataclasses import dataclass

import pytest
from google.api_core import exceptions


@dataclass(frozen=True)
class Behaviour:
    """What one broker does where the two are not alike."""

    pushes_at_once: int | None
    ack_statuses: frozenset[int]
    counts_pushes: bool
    pushes_ordering_key: bool
    pushes_token: bool
    empty_data: dict[str, str]
    messages_of_a_key_at_once: int
    shows_expiry: bool
    changes_labels: bool
    enforces: bool
    """Filters, ack deadlines under 10 s, attribute limits, the message size and the like."""


DIFFERENCES = {
    "simulator": Behaviour(
        pushes_at_once=None,
        ack_statuses=frozenset({200, 201, 202, 204}),
        counts_pushes=True,
        pushes_ordering_key=True,
        pushes_token=True,
        empty_data={},
        messages_of_a_key_at_once=1,
        shows_expiry=True,
        changes_labels=True,
        enforces=True,
    ),
    "emulator": Behaviour(
        pushes_at_once=2,
        # It follows the redirect, as a GET without a body.
        ack_statuses=frozenset({200, 201, 203, 204, 302}),
        counts_pushes=False,
        pushes_ordering_key=False,
        pushes_token=False,
        empty_data={"data": ""},
        messages_of_a_key_at_once=3,
        shows_expiry=False,
        changes_labels=False,
        enforces=False,
    ),
}


async def accepted_unless(
    refused: bool, call: Awaitable[str], error: type[exceptions.GoogleAPICallError]
) -> str | None:
    """The call's result, or None after asserting that it was refused with that error."""
    if not refused:
        return await call
    with pytest.raises(error):
        await call
    return None
