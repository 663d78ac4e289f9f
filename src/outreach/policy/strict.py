"""Strict models of what a file holds, and complaints that name the line and the nearest known word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from outreach.errors import PolicyError
from outreach.policy.yamlfile import Document, Place

__all__ = ["nearest", "validate"]

Model = TypeVar("Model", bound=BaseModel)

_AFTER: Final[Mapping[str, int]] = {"extra_forbidden": 0, "missing": 2, "too_short": 3}
"""A misspelt key is why another is missing; a list is "too short" when its items do not fit."""


def nearest(word: str, known: Sequence[str]) -> str:
    """A remedy for an unknown word: the most alike, else all that are known."""
    alike = get_close_matches(word, known, n=1, cutoff=0.6)
    if alike:
        return f"did you mean {alike[0]!r}?"
    return f"known are: {', '.join(sorted(known))}" if known else "take it out"


def validate(
    model: type[Model],
    document: Document,
    place: Place = (),
    *,
    value: Any = None,
) -> Model:
    """Make a strict model from a part of a document.

    Values are handed over as JSON, so that lists may become tuples and words enumerations while a
    number never becomes a text.

    :param value: what to validate, where it is not what stands at ``place``.
    :raises PolicyError: about the first thing, in the order of lines, that does not fit.
    """
    if value is None:
        value = document.value
        for step in place:
            value = value[step]
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise _explain(error, model, document, place) from None


def _explain(error: ValidationError, model: type[BaseModel], document: Document, place: Place) -> PolicyError:
    problems = error.errors(include_url=False, include_context=True)
    problems.sort(key=lambda each: (_AFTER.get(each["type"], 1), _line(document, (*place, *each["loc"]))))
    first, more = problems[0], len(problems) - 1
    at = (*place, *first["loc"])
    name = str(first["loc"][-1]) if first["loc"] else ""
    why = f"and {more} more in this part" if more else ""
    match first["type"]:
        case "extra_forbidden":
            known = _keys_at(model, first["loc"][:-1])
            return document.error(f"unknown key {name!r}", at, why=why, remedy=nearest(name, known))
        case "missing":
            return document.error(f"the key {name!r} is missing", at, why=why, remedy="add it")
        case "string_type" if isinstance(first["input"], int | float):
            return document.error(
                f"{name!r} must be a text, not a number", at, why=why, remedy="put it in quotes"
            )
        case "enum" | "literal_error":
            known = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
            word = first["input"] if isinstance(first["input"], str) else ""
            return document.error(
                f"{name!r} has a value that is not known", at, why=why, remedy=nearest(word, known)
            )
        case "value_error":
            return document.error(str(first["ctx"]["error"]), at, why=why)
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    remedy = "outreach policy schema tells what a pack may hold"
    return document.error(f"{name!r} does not fit: {said}", at, why=why, remedy=remedy)


def _line(document: Document, at: Sequence[str | int]) -> tuple[int, int]:
    _, line, column = document.where(at).rsplit(":", 2)
    return int(line), int(column)


def _keys_at(model: type[BaseModel], way: Sequence[str | int]) -> list[str]:
    """The keys a model knows at a place, read from its JSON Schema."""
    schema = model.model_json_schema()
    nodes = [schema]
    for step in (*way, None):
        nodes = [inner for node in nodes for inner in _unfold(node, schema)]
        if step is None:
            break
        deeper = []
        for node in nodes:
            if isinstance(step, int):
                deeper.append(node.get("items", {}))
            else:
                deeper.append(node.get("properties", {}).get(step) or node.get("additionalProperties") or {})
        known = [node for node in deeper if isinstance(node, dict) and node]
        nodes = known or nodes  # a step that names a member of a union leads nowhere
    return sorted({key for node in nodes for key in node.get("properties", {})})


def _unfold(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A node of a JSON Schema with its references followed and its alternatives laid side by side."""
    if "$ref" in node:
        return _unfold(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    alternatives = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    return [inner for each in alternatives for inner in _unfold(each, schema)] or [node]
