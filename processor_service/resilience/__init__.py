"""Keeps a task alive through faults: leases, retries, circuit breakers, cancellation.

``run_leased`` works on a task under its ``lease``; ``cancellation`` and ``stopping`` end the work.
``circuit_breaker`` and ``outage_wait`` are for a failing model, ``late_looks`` for posts that Slack
takes late; ``memory_budget`` bounds memory, ``off_loop`` moves long work to a thread, and
``fair_timeout`` bounds short waits on a busy machine.
"""
