"""Slack's payloads read as questions, clicks, votes, commands: pure functions that never raise.

``messages`` (with ``small_talk`` and ``beside``), ``changes``, ``slash_command``, ``shortcuts`` and
``reactions`` read questions; ``buttons``, ``presses`` and ``home`` read presses. ``model`` has what
they return, and ``well_formed`` keeps them from raising.
"""
