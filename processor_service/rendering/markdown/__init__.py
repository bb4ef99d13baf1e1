"""The model's Markdown, rewritten so that Slack shows what it means, also beside Japanese.

``document`` makes blocks of it, ``inline`` reads the text in them; ``dense`` limits that work.
``tables`` (``rows``), ``formulas`` (``formula_places``, ``latex_symbols``), ``links``,
``references`` and ``fences`` are kinds of content, and ``characters`` the harmful ones.
``split_block`` cuts a long block, ``stable_prefix`` a growing text.
"""
