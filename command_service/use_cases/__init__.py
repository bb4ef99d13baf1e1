"""The use cases: one function for each thing that a user can do in Slack.

``submit`` for questions, ``side_tasks`` for the rest, after ``policy``, ``throttle`` and
``sharing`` have said who may. ``follow_ups`` (with ``deferred_follow_ups``) decides about messages
without a mention; ``ask_again``, ``edits``, ``shortcuts``, ``reactions``, ``feedback``,
``app_home`` and ``doctor`` are named by their triggers.
"""
