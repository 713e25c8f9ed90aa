"""What arrives: a message becomes a command, a click becomes a decision. No I/O of its own."""
