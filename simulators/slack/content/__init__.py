"""What messages, modals and App Home may contain, as strict as Slack."""
