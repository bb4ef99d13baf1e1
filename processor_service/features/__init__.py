"""The features besides answers: App Home, the doctor, votes, Stop, sharing.

``app_home``, ``doctor`` (with ``model_check``), ``feedback``, ``cancel`` and ``share`` are named
after their tasks; ``synthetic`` answers the service's own question.
"""
