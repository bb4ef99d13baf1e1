"""Gemini's Markdown as Slack messages, and Slack's blocks as text again.

Outgoing: ``messages``, ``packing``, ``incremental``, ``footer``, ``markdown``. Incoming:
``block_text``, ``rich_text``. Comparing both: ``shown_letters``.
"""
