"""Readers of a Slack message's content, the same for both services: ``said`` reads the whole
message, ``attachments`` and ``emails`` what came with it, ``block_text`` and ``rich_text`` the
words in blocks.
"""
