"""The prompt: what Gemini is asked, and in which form it answers.

``build`` makes it of ``instructions`` and ``operator_text``. ``quotes``, ``file_quotes`` and
``shortcut_request`` add other people's words, ``names`` their names, and ``lookups`` what can be
looked up. ``response_schema`` is the JSON of an answer, ``response_layout`` makes Markdown of it.
"""
