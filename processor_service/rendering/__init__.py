"""Gemini's Markdown as Slack messages, and everything else that we show beside answers.

``messages`` makes them of the ``markdown`` by ``packing``; ``incremental`` does while a text grows,
and ``plain_text`` without layout. Below an answer are the ``footer`` (its ``button_row``),
``citations`` and ``omitted_files``, above it ``task_cards``.
``question_metadata`` keeps a shown question; ``shown_letters`` compares an answer with what Slack
shows.
"""
