"""The demo: a local DingTalk, a real robot, and a story told in the terminal as it happens."""
