"""Both services show the status of a thread: their times fit together."""

from command_service.envelope.ack_deadline import ACK_WITHIN_S
from shared.slack.status import GIVEN_UP_AFTER_S, NONE_COMES_AFTER_S


def test_no_status_of_the_command_service_comes_after_the_processor_has_cleared_it() -> None:
    assert ACK_WITHIN_S + GIVEN_UP_AFTER_S <= NONE_COMES_AFTER_S
