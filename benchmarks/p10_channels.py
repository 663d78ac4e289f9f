"""P10: messages a second through a channel, as a share of the bare client with the same connections."""

from __future__ import annotations

import http_channel
import smtp
from figures import Figure, How, figure, middle


def measure(how: How) -> list[Figure]:
    """Each channel and its bare client in turn, to a server in a process of its own."""
    mails = smtp.in_rounds(how.pick(500, 1_000), how.pick(5, 21))
    posts = http_channel.in_rounds(how.pick(400, 1_500), 4, how.pick(3, 7))
    return [
        figure(
            "P10 SMTP",
            "smtp-email as a share of plain smtplib with bytes made before",
            [mine / raw for (raw, _), (mine, _) in mails],
            messages_per_second=middle([mine for _, (mine, _) in mails]),
            raw_messages_per_second=middle([raw for (raw, _), _ in mails]),
            processor_us_a_message=middle([used * 1e6 for _, (_, used) in mails]),
            processor_us_a_raw_message=middle([used * 1e6 for (_, used), _ in mails]),
        ),
        figure(
            "P10 HTTP",
            "twilio-sms as a share of the bare requests session, four threads",
            [mine / raw for raw, mine in posts],
            messages_per_second=middle([mine for _, mine in posts]),
            raw_messages_per_second=middle([raw for raw, _ in posts]),
        ),
    ]
