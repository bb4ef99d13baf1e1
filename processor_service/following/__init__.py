"""Whether a message without a mention is for us, and what a direct message goes on from."""
