"""Whether a message without a mention, in a thread of ours, is a question to us."""
