"""What of Jinja2 belongs to our template language, and what a template reads.

No calls but ``passage('name')``, no arithmetic, no files, no macros: so a template can neither reach outside
nor run without end.
"""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from outreach.content.environment import FORBIDDEN, Place, Sandbox

__all__ = ["parse", "variables_of"]

_DEEPEST = 2

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.For,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Test,
    nodes.Filter,
    nodes.Keyword,
    nodes.Concat,
)


class _Passages(NodeTransformer):
    """Puts the text of a passage in the place of ``passage('name')``, so that nothing is called later."""

    def __init__(self, passages: Mapping[str, str], place: Place) -> None:
        self._passages = passages
        self._place = place
        self.used: set[str] = set()

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        line = node.lineno
        if not isinstance(node.node, nodes.Name) or node.node.name != "passage":
            self._place.fail(line, "calls something", remedy="only passage('name') can be called")
        name = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
        if not isinstance(name, str) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            self._place.fail(line, "names no passage", remedy="write passage('name') with the name in quotes")
        if name not in self._passages:
            self._place.fail(
                line,
                f"uses a passage that does not exist in its language: {name}",
                remedy=f"add passages/{name}.j2 beside the channels of that language",
            )
        self.used.add(name)
        return nodes.Const(self._passages[name], lineno=line)


def parse(
    environment: Sandbox,
    text: str,
    place: Place,
    *,
    passages: Mapping[str, str],
) -> tuple[nodes.Template, frozenset[str]]:
    """Read one piece of template text and refuse what is not part of our language.

    :returns: its tree, with passages in their places, and the names of the passages.
    :raises DraftError: naming file and line.
    """
    if found := FORBIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        place.fail(line, f"holds a control character (U+{ord(found[0]):04X})", remedy="write spaces for tabs")
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        place.fail(error.lineno, "is not well formed", why=error.message or "")
    transformer = _Passages(passages, place)
    tree = transformer.visit(tree)
    _vet(tree, place, environment, 0)
    return tree, frozenset(transformer.used)


def _vet(node: nodes.Node, place: Place, environment: Sandbox, depth: int) -> None:
    line = node.lineno
    if type(node) not in _ALLOWED:
        place.fail(
            line,
            f"uses what templates may not: {type(node).__name__.lower()}",
            remedy="use text, variables, if, for and passage('name')",
        )
    if isinstance(node, nodes.Getattr) and node.attr not in environment.attributes:
        place.fail(line, f"asks for an unknown part: {node.attr}", remedy="see the list of variables")
    if isinstance(node, nodes.Filter) and node.name not in environment.filters:
        place.fail(
            line, f"uses an unknown filter: {node.name}", why=f"known: {', '.join(environment.filters)}"
        )
    if isinstance(node, nodes.Test) and node.name not in environment.tests:
        place.fail(line, f"uses an unknown test: {node.name}", why=f"known: {', '.join(environment.tests)}")
    if isinstance(node, nodes.For):
        depth += 1
        if depth > _DEEPEST or node.recursive:
            place.fail(line, "has loops too deep", why=f"at most {_DEEPEST} loops may stand in each other")
    for child in node.iter_child_nodes():
        _vet(child, place, environment, depth)


def variables_of(tree: nodes.Template) -> dict[str, int]:
    """The variables a vetted piece reads from outside, each with the line of its first use."""
    found: dict[str, int] = {}
    _collect(tree, frozenset(), found)
    return found


def _collect(node: nodes.Node, bound: frozenset[str], found: dict[str, int]) -> None:
    if isinstance(node, nodes.Name) and node.name not in bound:
        found.setdefault(node.name, node.lineno)
    if isinstance(node, nodes.For):
        # what is looped over is read outside the loop; its own names are known only within
        _collect(node.iter, bound, found)
        inner = bound | {"loop"}
        if isinstance(node.target, nodes.Name):  # anything else was refused
            inner |= {node.target.name}
        for child in (*node.body, *([node.test] if node.test else [])):
            _collect(child, inner, found)
        for child in node.else_:
            _collect(child, bound, found)
        return
    for child in node.iter_child_nodes():
        _collect(child, bound, found)
