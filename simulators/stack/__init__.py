"""The local stack: the simulators and both services, as ``python -m simulators`` starts them."""
