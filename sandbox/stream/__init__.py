"""The stream side of DingTalk: how a connection opens, what is pushed through it, and how that can go wrong."""
