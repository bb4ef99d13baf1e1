"""The use cases: one function for each thing that a user can do in Slack.

``submit`` accepts questions, ``side_tasks`` all else, after ``policy``, ``throttle`` and
``channel_facts`` have said who may. ``follow_ups`` (with ``deferred_follow_ups``) decides about
messages without a mention; ``ask_again``, ``changes``, ``shortcuts``, ``reactions``,
``feedback`` and ``app_home`` are named by their triggers. ``command_reply`` answers the slash
command, and ``self_checks`` tells whether users would get answers.
"""
