"""Ways out: the contract every channel keeps."""

from outreach.channels.attempts import HandedOver, opened_at
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
from outreach.channels.sayable import NUMBER, refuse_unsayable
from outreach.channels.spool import Spool

__all__ = [
    "NUMBER",
    "Ability",
    "Accepted",
    "Callback",
    "CallbackRefused",
    "Channel",
    "Cleared",
    "Collected",
    "DeliveryNews",
    "HandedOver",
    "Lost",
    "Mint",
    "News",
    "OptOutNews",
    "Rate",
    "ReplyNews",
    "SendFailed",
    "Spool",
    "brief",
    "opened_at",
    "refuse_unsayable",
]
