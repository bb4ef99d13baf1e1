"""What a message of Slack says, read in one way by both services: ``said`` the whole of a message,
``attachments`` and ``emails`` what came with it, ``block_text`` and ``rich_text`` the words in
blocks.
"""
