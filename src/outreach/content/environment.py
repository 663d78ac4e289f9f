"""Where templates run: Jinja2 in a sandbox, strict, without anything a letter does not need.

Templates are the collector's own files, never data; still they are held to text, variables, conditions and
loops over what is given (see ``grammar.py``), and what comes out has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Template, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

from outreach.errors import DraftError

__all__ = ["FORBIDDEN", "LONGEST", "Place", "Sandbox", "forbidden_character", "make_environment", "render"]

LONGEST = 200_000
"""Characters a rendered text may have at most."""

_FILTERS = ("capitalize", "first", "last", "length", "lower", "trim", "upper")
_TESTS = ("defined", "undefined", "even", "odd", "divisibleby")
_LOOP = frozenset({"index", "index0", "first", "last", "length"})
# All control characters but the line feed, separators that some readers take for a line end, marks that
# turn the direction of text around, and halves of surrogate pairs: none has a place in a letter, and some
# would let a value add a mail header or show other words than were judged.
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class _Unprintable(TypeError):
    """A list or a record stands where one value belongs."""


class _Missing(StrictUndefined):
    """Says only the name of what is missing: a value's own text must not reach an error."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


class Place:
    """Where a piece of template text stands, to name file and line in errors."""

    __slots__ = ("first_line", "name", "where")

    def __init__(self, name: str, where: str, first_line: int = 1) -> None:
        self.name = name
        self.where = where
        self.first_line = first_line

    def line(self, number: int) -> str:
        """file:line of the ``number``-th line of this piece, counted from one."""
        return f"{self.where}:{self.first_line + number - 1}"

    def fail(self, number: int, what: str, *, why: str = "", remedy: str = "") -> NoReturn:
        """Raise a :class:`DraftError` for that line."""
        raise DraftError(f"template {self.name} {what}", where=self.line(number), why=why, remedy=remedy)


def forbidden_character(text: str) -> str:
    """The code point of the first character no text may hold, as ``U+0009``; empty if there is none."""
    found = None if text.isprintable() else FORBIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


class Sandbox(ImmutableSandboxedEnvironment):
    """Gives of an object only what templates may name, which is narrower and quicker than Jinja2's guess."""

    attributes: frozenset[str] = _LOOP

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute not in self.attributes:
            return self.undefined(obj=obj, name=attribute, exc=SecurityError)
        try:
            return getattr(obj, attribute)
        except AttributeError:
            return self.undefined(obj=obj, name=attribute)


def make_environment(
    attributes: Collection[str],
    prepare: Callable[[SandboxedEnvironment], None] | None = None,
) -> Sandbox:
    """An environment that has only what letters need, and the filters ``prepare`` adds.

    :param attributes: names that may follow a dot.
    """
    environment = Sandbox(
        undefined=_Missing,
        autoescape=False,  # plain text; nothing we write is HTML
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.attributes = _LOOP | frozenset(attributes)
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    if prepare is not None:
        prepare(environment)
    environment.globals.clear()
    return environment


def _printable(value: Any) -> Any:
    if value.__class__ is str or isinstance(value, (str, int, StrictUndefined)):
        return value
    raise _Unprintable


def render(
    template: Template,
    variables: dict[str, Any],
    place: Place,
    names: Collection[str],
    remedies: Mapping[str, str],
) -> str:
    """Render one compiled piece.

    :param names: the variables it reads; ``remedies``: what to do where one has no value.
    :raises DraftError: naming file, line and the missing variable; never a value.
    """
    parts: list[str] = []
    size = 0
    try:
        for part in template.root_render_func(template.new_context(variables, shared=True)):
            parts.append(part)
            size += len(part)
            if size > LONGEST:
                break
    except Exception as error:  # noqa: BLE001 - a filter is others' code and its error may quote a person's data
        # Only names that stand in the template and our own sentence are told on; else the error's class.
        missing = str(error) if isinstance(error, UndefinedError) else ""
        why = error.__doc__ if type(error) is _Unprintable else f"a {type(error).__name__} was raised"
        number = _line_of(error, template)
    else:
        if size > LONGEST:
            place.fail(1, "gives more text than a contact can hold", why=f"the limit is {LONGEST}")
        return "".join(parts)
    if missing in names or missing in getattr(template.environment, "attributes", ()):
        place.fail(number, f"needs {missing} and none is recorded", remedy=remedies.get(missing, ""))
    place.fail(number, "cannot be rendered", why=why or "")


def _line_of(error: BaseException, template: Template) -> int:
    number, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__jinja_template__") is template:
            number = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return number
