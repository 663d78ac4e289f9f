"""The tool that writes docs/reference/cli.md, loaded from its file: tools is no package."""

import importlib.util
from types import ModuleType

from tests.docs.pages import ROOT


def _load() -> ModuleType:
    path = ROOT / "tools" / "cli_page.py"
    spec = importlib.util.spec_from_file_location("outreach_tools_cli_page", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cli_page = _load()
