"""Exactly one answer in Slack: written under the lease, previewed, reconciled and verified.

``context`` is one answer's. ``destination`` finds its place, ``slack_writer`` makes each visible
step. ``thread_status`` (its ``status_line``, or a ``delay_note`` where Slack shows none, and the
``agent_session``) and the live ``preview`` come before the end; ``reconcile`` makes the messages
whole and ``verify`` compares them. ``answer_file`` takes what is too long, or refused, and
``notice`` says why there is no answer.
"""
