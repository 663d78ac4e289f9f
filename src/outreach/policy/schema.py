"""JSON Schemas of packs and case files, so that an editor completes keys and marks mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from outreach.policy.casemodels import CaseFile
from outreach.policy.check import Check
from outreach.policy.pack import EXPECTED, Pack

__all__ = ["cases_schema", "pack_schema"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def cases_schema() -> dict[str, Any]:
    """The schema of a case file."""
    return {"$schema": _DIALECT, **CaseFile.model_json_schema(by_alias=True)}


def pack_schema(checks: Mapping[str, Check]) -> dict[str, Any]:
    """The schema of a pack; each kind of check brings its parameters."""
    schema = {"$schema": _DIALECT, **Pack.model_json_schema()}
    definitions = schema["$defs"]
    rule = definitions["PackRule"]
    rule["properties"]["check"] = {"type": "string", "enum": sorted(checks), "title": "Check"}
    rule["allOf"] = [_when(kind, _parameters(check, definitions)) for kind, check in sorted(checks.items())]
    return schema


def _when(kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    dated = {"anyOf": [parameters, {"const": EXPECTED}, {"type": "null"}]}
    return {
        "if": {"properties": {"check": {"const": kind}}, "required": ["check"]},
        "then": {"properties": {"in_force": {"additionalProperties": dated}}},
    }


def _parameters(check: Check, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a check's parameters as a pack may write them; what it refers to is moved up."""
    template = f"#/$defs/{check.kind}.{{model}}"
    schema = check.Parameters.model_json_schema(ref_template=template)
    for name, definition in schema.pop("$defs", {}).items():
        definitions[f"{check.kind}.{name}"] = definition
    properties = schema.get("properties", {})
    if "phrases" in properties:  # a pack gives names of its phrases, or nothing for all of them
        names = {"type": "array", "items": {"type": "string"}}
        properties["phrases"] = {"anyOf": [names, properties["phrases"]]}
        schema["required"] = [name for name in schema.get("required", ()) if name != "phrases"]
    definitions[check.kind] = schema
    return {"$ref": f"#/$defs/{check.kind}"}
