"""What both services import: the task on the wire, errors, telemetry, the Slack client."""
