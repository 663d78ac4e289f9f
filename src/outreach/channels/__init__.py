"""Ways out: the contract every channel keeps."""

from outreach.channels.base import Ability, Accepted, Channel, Cleared, Mint, Rate, SendFailed
from outreach.channels.brief import brief
from outreach.channels.spool import Spool

__all__ = ["Ability", "Accepted", "Channel", "Cleared", "Mint", "Rate", "SendFailed", "Spool", "brief"]
