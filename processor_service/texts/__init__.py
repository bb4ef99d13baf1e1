"""Every text of the processor for people besides the answers, in Japanese and English.

``answers`` around an answer, ``cards`` of the steps before it, ``failures`` instead of it, and
``doctor`` for its report.
"""
