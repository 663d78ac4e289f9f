"""Ways out: the contract every channel keeps."""

from outreach.channels.base import Ability, Accepted, Channel, Cleared, Mint, Rate, SendFailed
from outreach.channels.brief import brief
from outreach.channels.callbacks import (
    Callback,
    CallbackRefused,
    Collected,
    DeliveryNews,
    Lost,
    News,
    OptOutNews,
    ReplyNews,
)
from outreach.channels.spool import Spool

__all__ = [
    "Ability",
    "Accepted",
    "Callback",
    "CallbackRefused",
    "Channel",
    "Cleared",
    "Collected",
    "DeliveryNews",
    "Lost",
    "Mint",
    "News",
    "OptOutNews",
    "Rate",
    "ReplyNews",
    "SendFailed",
    "Spool",
    "brief",
]
