"""The sandbox against DingTalk's documentation, and against clients that nobody here wrote."""
