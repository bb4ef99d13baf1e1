"""Reading conversations in Slack: our messages of a task, and what people said.

``reader`` reads a conversation, which ``trimming`` cuts. ``threads`` reads for shortcuts, buttons
and catch-ups, ``talks`` who spoke to whom; ``thread_messages`` takes people's words and our answers
from what was read. ``unconfirmed_starts`` recognises streams that Slack did not confirm.
"""
