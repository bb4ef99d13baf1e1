"""What a real Slack workspace does where its documentation says nothing, tried out in it."""
