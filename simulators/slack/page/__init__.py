"""The server side of the chat page."""
