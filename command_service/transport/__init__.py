"""The edge: Socket Mode and HTTP in, one use case called, one ack out."""
