"""Reading conversations in Slack: our messages of a task, and what people said.

``reader`` reads threads, which ``trimming`` cuts, and ``channel_history`` channels.
``thread_messages`` takes people's words and our answers from them, ``talks`` who spoke to whom.
``unconfirmed_starts`` recognises streams that Slack did not confirm.
"""
