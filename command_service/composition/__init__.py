"""The parts that ``app`` puts together: ``adapters`` to Slack and Pub/Sub, ``use_case_deps`` on top
of them, and ``entrances`` (Socket Mode or HTTP) that call the use cases.
"""
