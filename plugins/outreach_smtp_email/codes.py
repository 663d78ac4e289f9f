"""Words and numbers for what a server answered and what went wrong; never the server's or the system's text.

A mail server quotes addresses in its answers, and errors of the standard library quote what was said.
"""

from __future__ import annotations

import errno
import re
import smtplib
import socket
import ssl

from outreach.channels import SendFailed

__all__ = ["code_of", "code_of_error", "failure", "queue_id", "word_of"]

_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")  # RFC 3463
# Queue ids as postfix and exim tell them; what could be somebody's name or number is not taken.
_QUEUED = re.compile(
    rb"(?:queued as |\bid=)((?=[0-9A-Za-z-]*[0-9])(?![0-9-]+\b)[0-9A-Za-z-]{6,24})(?![^\s;)])"
)


def failure(code: int, text: bytes) -> SendFailed:
    if code < 500:
        return SendFailed.not_sent(code_of(code, text), retry=True)
    return SendFailed.refused(code_of(code, text))


def code_of(code: int, text: bytes) -> str:
    """The enhanced code, where there is one of the same class; nothing of the text, which may name people."""
    found = _ENHANCED.match(text)
    return found[1].decode() if found and found[1][:1] == str(code).encode()[:1] else str(code)


def code_of_error(error: Exception) -> str:
    """A word for what went wrong; the error's own text may quote what was said and stays here."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "login_refused"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
        return code_of(error.smtp_code, said)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        word = str(error)
        return word if re.fullmatch(r"[a-z_]{1,40}", word) else "connection_closed"
    return word_of(error) if isinstance(error, OSError) else "out_of_step"


def word_of(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "tls_not_trusted"
    if isinstance(error, ssl.SSLError):
        return "tls_failed"
    if isinstance(error, TimeoutError):
        return "timed_out"
    if isinstance(error, socket.gaierror):
        return "host_not_found"
    return errno.errorcode.get(error.errno or 0, "oserror").lower()


def queue_id(text: bytes) -> str:
    """The queue id in an answer to a message; "" where there is none that could be nothing else."""
    found = _QUEUED.search(text)
    # Nine digits in a row may be anybody's number.
    return found[1].decode() if found and not re.search(rb"[0-9]{9}", found[1]) else ""
