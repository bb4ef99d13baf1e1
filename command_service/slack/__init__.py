"""The adapters for Slack's Web API: signs to users, and messages read back.

``startup_check``, ``access`` and ``diagnostics`` ask what Slack lets us do. ``ephemeral`` (by
``notes``) and ``views`` show something to users; ``history`` and ``message_reader`` read messages,
``locales`` languages.
"""
