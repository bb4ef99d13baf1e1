"""One task, one answer: admitted, obtained (earlier worker, cache, Gemini), and posted.

``answer`` is the use case, with its ``deps``. ``admit`` checks the limits, ``thread_queue`` the
thread's turn, ``user_preferences`` the language and mode that its user chose. ``obtain`` gets the
answer by ``single_flight``, ``sources``, ``without_files`` and ``generate`` (with ``generation``,
``hedge``, ``answer_end``, ``token_count``); ``post_answer`` shows it, and ``clean_up`` removes
doubles.
"""
