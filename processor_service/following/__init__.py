"""Whether a message without a mention is for us, and which exchange a direct message continues.

``follow_up`` decides by the ``verdict`` on the thread, its ``words``, and a ``judge`` where wanted;
``direct_messages`` finds the exchange.
"""
