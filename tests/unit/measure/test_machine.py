"""Bounds in seconds are stretched by what the machine keeps waiting, and by nothing else."""

import time

import pytest

from tests.support.machine import Waiting, measured, within


def test_work_that_is_kept_waiting_stretches_a_bound() -> None:
    assert Waiting(took_s=3.0, worked_s=1.0).factor == 3.0
    assert Waiting(took_s=0.9, worked_s=1.0).factor == 1.0
    assert Waiting().factor == 1.0


def test_work_is_measured_whatever_the_block_does() -> None:
    with measured() as waiting:
        pass
    assert waiting.worked_s > 0
    assert waiting.took_s >= waiting.worked_s


def test_what_only_waits_itself_exceeds_its_bound() -> None:
    with pytest.raises(AssertionError, match="are allowed"), within(1e-4):
        time.sleep(0.2)


def test_what_is_quick_keeps_its_bound() -> None:
    with within(60.0):
        pass
