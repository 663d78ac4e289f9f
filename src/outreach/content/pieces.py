"""A run of template text, compiled.

Most consist only of text, passages and plain variables; such a piece is not run through Jinja2 but joined
from its parts. Both ways give the same text, which a test holds for every template we ship.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Template as Jinja
from jinja2 import nodes

from outreach.content.audiences import REMEDIES
from outreach.content.environment import Place, Sandbox, forbidden_character, render
from outreach.content.grammar import variables_of
from outreach.content.request import Build, ComposeRequest
from outreach.errors import DraftError

__all__ = ["Piece", "unconditional"]

# An address on a letter is the only value that may have several lines.
_SEVERAL_LINES = frozenset({"collector_address", "recipient_address"})


class Piece:
    """A run of template text, rendered with its variables."""

    __slots__ = ("_jinja", "_parts", "_place", "_slots", "builders", "lines")

    def __init__(
        self,
        tree: nodes.Template,
        environment: Sandbox,
        place: Place,
        builders: Mapping[str, Build],
        audience: str,
    ) -> None:
        self.lines = variables_of(tree)
        for name, line in self.lines.items():
            if name not in builders:
                known = ", ".join(sorted(builders))
                place.fail(line, f"uses {name}, which does not exist for {audience}", why=f"known: {known}")
        self.builders = tuple((name, builders[name]) for name in self.lines)
        self._place = place
        self._parts, self._slots = _simple(tree)
        code = environment.compile(tree, place.name, place.where)
        self._jinja = Jinja.from_code(environment, code, {})

    def render(self, request: ComposeRequest, language: str) -> str:
        """The text for this request: joined if the piece is simple, through Jinja2 if not."""
        values = self._values(request, language)
        if not self._parts:
            return self.through_jinja(values)
        parts = self._parts.copy()
        for index, name in self._slots:
            try:
                parts[index] = values[name]
            except KeyError:
                self._missing(name)
        return "".join(parts)

    def through_jinja(self, values: dict[str, Any]) -> str:
        """The text as Jinja2 makes it; what filters of plugins add is looked at too."""
        text = render(self._jinja, values, self._place, self.lines, REMEDIES)
        if code := forbidden_character(text):
            self._place.fail(1, f"gives a text with a control character ({code})")
        return text

    def _values(self, request: ComposeRequest, language: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, build in self.builders:
            try:
                value = build(request, language)
            except DraftError as error:
                self._place.fail(self.lines[name], f"cannot say {name}", why=error.what, remedy=error.remedy)
            if not value:
                continue
            if value.__class__ is str and not value.isprintable():
                self._look_at(name, value)
            values[name] = value
        return values

    def _look_at(self, name: str, value: str) -> None:
        code = forbidden_character(value)
        if not code and "\n" in value and name not in _SEVERAL_LINES:
            code = "U+000A"
        if code:
            self._place.fail(
                self.lines[name],
                f"was given a {name} with a control character ({code})",
                remedy="correct the value where it was imported",
            )

    def _missing(self, name: str) -> None:
        self._place.fail(
            self.lines[name], f"needs {name} and none is recorded", remedy=REMEDIES.get(name, "")
        )

    @property
    def simple(self) -> bool:
        """Whether the piece is joined, not run."""
        return bool(self._parts)

    def both_ways(self, request: ComposeRequest, language: str) -> tuple[str, str]:
        """The text as this piece makes it and as Jinja2 alone does, to be compared."""
        return self.render(request, language), self.through_jinja(self._values(request, language))


def _simple(tree: nodes.Template) -> tuple[list[str], tuple[tuple[int, str], ...]]:
    """The parts of a piece of plain text and variables, with the places of the variables; else nothing."""
    parts: list[str] = []
    slots: list[tuple[int, str]] = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return [], ()
        for node in output.nodes:
            if isinstance(node, nodes.Name) and node.name != "debts":
                slots.append((len(parts), node.name))
                parts.append("")
            elif isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            elif isinstance(node, nodes.Const) and isinstance(node.value, str):
                parts.append(node.value)
            else:
                return [], ()
    return parts, tuple(slots)


def unconditional(tree: nodes.Template) -> list[str]:
    """The texts of passages that stand outside every condition and loop."""
    outputs = [node for node in tree.body if isinstance(node, nodes.Output)]
    return [
        node.value
        for output in outputs
        for node in output.nodes
        if isinstance(node, nodes.Const) and isinstance(node.value, str)
    ]
