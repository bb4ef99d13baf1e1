"""The adapters for Slack's Web API: signs to users, and messages read back.

``startup_check``, ``access`` and ``diagnostics`` ask what Slack lets us do. ``ephemeral`` (by
``notes``), ``modals`` and ``homes`` show something to users; ``history``, ``message_reader`` and
``reactions`` read messages, ``locales`` languages.
"""
