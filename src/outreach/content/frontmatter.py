"""What a template says about itself, between two ``---`` lines before its body.

    ---
    purpose: [first_notice, collect]
    audience: consumer
    subject: Information about your account
    required: [collector-full, opt-out-email]
    shows: [consumer_name, balance]
    description: First e-mail about a debt.
    ---

Anything unknown, repeated or missing is refused with file and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from outreach.domain import Audience, Purpose
from outreach.errors import DraftError

__all__ = ["FrontMatter", "Source", "read_source"]

_FENCE = "---"


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class FrontMatter(BaseModel):
    """The front matter of one template.

    ``purpose`` and ``audience``: one or several; a contact must match one of each. ``required``: passages
    that must stand in the rendered text. ``shows``: sensitive variables this audience may see unmasked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Annotated[tuple[Purpose, ...], BeforeValidator(_as_list), Field(min_length=1)]
    audience: Annotated[tuple[Audience, ...], BeforeValidator(_as_list), Field(min_length=1)]
    subject: str = ""
    required: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A template taken apart: ``body`` begins on line ``first_line`` of the file."""

    front: FrontMatter
    body: str
    first_line: int
    lines: Mapping[str, int]  # the line of each key of the front matter


def read_source(text: str, where: str) -> Source:
    """Take a template's text apart.

    :param where: the file, for errors.
    :raises DraftError: with ``where`` as file:line.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        raise DraftError(
            "the template has no front matter",
            where=f"{where}:1",
            remedy="begin the file with a --- line, purpose, audience, and another --- line",
        )
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
    if end is None:
        raise DraftError("the front matter has no end", where=f"{where}:1", remedy="close it with a --- line")
    raw, positions = _read_yaml("\n".join(lines[1:end]), where)
    try:
        front = FrontMatter.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = [str(part) for part in first["loc"]]
        line = positions.get(path[0], 1) if path else 1
        raise DraftError(
            f"front matter: {'.'.join(path)}: {first['msg']}",
            where=f"{where}:{line}",
            remedy=f"known keys are {', '.join(FrontMatter.model_fields)}",
        ) from None
    return Source(front, "\n".join(lines[end + 1 :]), end + 2, positions)


def _read_yaml(text: str, where: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The front matter's keys and values, and the line of each key in the file. Every value is text."""
    loader = yaml.BaseLoader(text)  # makes text of every value: nothing is guessed
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise DraftError("the front matter has no keys", where=f"{where}:1")
        read = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        raise DraftError(
            "the front matter is not YAML", where=f"{where}:{line}", why=str(error.problem or "")
        ) from None
    except yaml.YAMLError:
        raise DraftError("the front matter is not YAML", where=f"{where}:1") from None
    positions: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 2  # line 1 of the file is the fence; marks count from 0
        if key.value in positions:
            raise DraftError(
                "the front matter is not YAML",
                where=f"{where}:{line}",
                why=f"the key {key.value!r} stands there twice",
                remedy=f"keep this one or the one in line {positions[key.value]}",
            )
        positions[key.value] = line
    return read, positions
