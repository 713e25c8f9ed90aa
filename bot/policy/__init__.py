"""The rules that say whether a request may be made, and by whom it must be agreed to."""

from bot.policy.builtin import builtin_rules
from bot.policy.facts import Facts, Seen
from bot.policy.policy import Policy
from bot.policy.reading import RulesError, read_rules
from bot.policy.rule import Rule

__all__ = ["Facts", "Policy", "Rule", "RulesError", "Seen", "builtin_rules", "read_rules"]
