"""What both services import: the task on the wire, errors, logging, tracing, the Slack client."""
