"""What the app is told of, and how it gets there: Socket Mode or HTTP."""
