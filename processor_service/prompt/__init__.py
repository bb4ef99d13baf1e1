"""The prompt: what Gemini is asked, and in which form it answers.

``build`` makes it of ``instructions`` and ``operator_text``. ``quotes`` (``visible_quotes``: those
that the user may read), ``file_quotes`` and ``shortcut_request`` add other people's words,
``names`` their names, ``earlier_answer`` the answer to replace, and ``lookups`` what can be looked
up. ``response_schema`` is the JSON of an answer, ``response_layout`` makes Markdown of it, with
headings in the ``answer_language``.
"""
