"""The tools that write pages of docs/reference, loaded from their files: tools is no package."""

import importlib.util
from types import ModuleType

from tests.docs.pages import ROOT


def _load(name: str) -> ModuleType:
    path = ROOT / "tools" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"outreach_tools_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cli_page = _load("cli_page")
pass_list = _load("pass_list")
