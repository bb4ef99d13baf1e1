"""Other programs of this machine as child processes, their ports, and forwarded requests."""
