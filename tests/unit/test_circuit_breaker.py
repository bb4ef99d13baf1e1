from processor_service.circuit_breaker import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("model", failures=3, open_s=20.0, clock=clock)


def test_failures_in_a_row_open_it_and_a_success_in_between_does_not() -> None:
    breaker = a_breaker(Clock())
    breaker.failed()
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.take()
    breaker.failed()
    assert not breaker.take()
    assert breaker.wait_s() == 20.0


def test_after_its_time_one_probe_passes_and_the_others_wait_for_it() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 20.0
    assert breaker.take()
    assert not breaker.take()
    breaker.succeeded()
    assert breaker.take()
    assert breaker.take()


def test_a_failed_probe_opens_it_again_for_the_whole_time() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 20.0
    assert breaker.take()
    clock.now += 5.0
    breaker.failed()
    assert breaker.wait_s() == 20.0


def test_a_probe_that_never_reports_does_not_close_the_way_for_ever() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 20.0
    assert breaker.take()
    clock.now += 20.0
    assert breaker.take()
