"""What the simulated model makes of a request: scripted replies, or composed answers."""
