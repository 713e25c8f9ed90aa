"""What somebody ordered to go wrong: which occasions, when, and what happens then; the kinds the page offers."""
