"""The chat page: what a person sees of the simulated Slack, and the way of each question."""
