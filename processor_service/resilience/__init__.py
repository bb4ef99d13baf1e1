"""What keeps a task alive through faults: leases, retries, circuit breakers, cancellation."""
