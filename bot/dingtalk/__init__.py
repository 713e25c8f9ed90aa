"""A typed client for the part of DingTalk's OpenAPI that the robot needs."""

from bot.dingtalk.auth import InternalAppTokens, ThirdPartyTokens, TicketStore, TokenProvider
from bot.dingtalk.client import DingTalk
from bot.dingtalk.dentry import DentryInfo, DentryRef, Progress, QueryItem, RemoveItem, SpaceInfo, Task
from bot.dingtalk.meter import Meter

__all__ = [
    "DentryInfo",
    "DentryRef",
    "DingTalk",
    "InternalAppTokens",
    "Meter",
    "Progress",
    "QueryItem",
    "RemoveItem",
    "SpaceInfo",
    "Task",
    "ThirdPartyTokens",
    "TicketStore",
    "TokenProvider",
]
