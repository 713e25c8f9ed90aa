"""A local DingTalk for tests and demonstrations: one server, one port, state in memory."""
