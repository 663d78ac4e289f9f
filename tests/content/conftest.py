"""What the tests of words share: the shipped templates, and a folder of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from content_samples import SHIPPED

from outreach.content import Library


@pytest.fixture(scope="session")
def shipped() -> Library:
    """The templates that come with outreach."""
    return Library([SHIPPED])


@pytest.fixture
def own(tmp_path: Path) -> Callable[..., Library]:
    """Writes templates into a folder and gives a library of it: ``own({"en/sms/x": "..."})``.

    A text without front matter gets one for reminders to the consumer.
    """

    def make(files: dict[str, str], **options: Any) -> Library:
        for name, text in files.items():
            path = tmp_path / "templates" / f"{name}.j2"
            path.parent.mkdir(parents=True, exist_ok=True)
            if "/passages/" not in name and not text.startswith("---"):
                subject = "subject: Hello\n" if "/email/" in name else ""
                text = f"---\npurpose: collect\naudience: consumer\n{subject}---\n{text}"
            path.write_text(text, encoding="utf-8")
        return Library([tmp_path / "templates"], **options)

    return make
