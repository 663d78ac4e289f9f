"""Words: templates found, chosen by language, rendered with what this audience may see."""

from outreach.content.checking import Problem, Survey, check, preview, survey
from outreach.content.library import Library, TemplateFile
from outreach.content.masks import Field, Masked, mask, show
from outreach.content.money import write_date, write_money
from outreach.content.request import ComposeRequest
from outreach.content.segments import Encoding, Segments, segments

__all__ = [
    "ComposeRequest",
    "Encoding",
    "Field",
    "Library",
    "Masked",
    "Problem",
    "Segments",
    "Survey",
    "TemplateFile",
    "check",
    "mask",
    "preview",
    "segments",
    "show",
    "survey",
    "write_date",
    "write_money",
]
