"""Inline Markdown as its author meant it, with the edits that make Slack show it.

``parser`` reads a text with the rules for ``markers``, ``code_rules``, ``link_rules`` and
``tag_rules``, which note their edits in the ``state``; its work is ``bounded``.
"""
