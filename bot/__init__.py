"""The core of Dingsweep: it knows DingTalk and deletion, and nothing of wording or card layout."""
