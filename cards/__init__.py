"""What is shown: pure functions from state to cards and texts, in Chinese and English. No I/O, no clock, no network."""
