"""The few pages a recipient sees, without script, pictures or anything fetched from elsewhere."""

from __future__ import annotations

import html

__all__ = ["asked", "closed", "unknown"]


def asked(name: str) -> str:
    """The question a person is asked who follows the link."""
    return _page(
        "Stop e-mail to this address?",
        f"<p>{_name(name)} will send no more e-mail to the address this message came to.</p>"
        '<form method="post"><button>Stop e-mail</button></form>',
    )


def closed(name: str) -> str:
    """It is done."""
    return _page("No more e-mail", f"<p>{_name(name)} will send no more e-mail to this address.</p>")


def unknown() -> str:
    """The link is none of ours; nothing is told about any other."""
    return _page("This link is not known", "<p>Please use the link of a message as it stands.</p>")


def _name(name: str) -> str:
    return html.escape(name) if name else "The sender"


def _page(title: str, body: str) -> str:
    return _FRAME.format(title=html.escape(title), body=body)


_FRAME = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }}
button {{ font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .3rem }}
button {{ background: #0b5cad; color: #fff }}
</style>
<main><h1>{title}</h1>{body}</main>
</html>
"""
