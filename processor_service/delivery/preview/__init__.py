"""The live preview: an answer in Slack while the model writes it.

Its messages are never trusted: at the end ``reconcile`` makes the conversation hold the finished
answer, whatever is there by then. ``live_preview`` decides how early users see what, at the
``pace`` that they and Slack's limits bear; ``shown_parts`` are the messages in Slack so far, and
``running_stream`` is in the last of them. Before the words ``card_stream`` shows the steps, and
``model_progress`` hears of the model's.
"""
