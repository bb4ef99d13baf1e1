"""The code that both services import: the task on the wire, errors, telemetry, Slack's client."""
