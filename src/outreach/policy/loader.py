"""From files to a policy: every ``pack.yaml`` read, every name taken once, every rule compiled.

Everything that could make a rule mean less than its author thinks stops the start, with file, line and
cure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from outreach.domain import digest_of
from outreach.errors import PolicyError
from outreach.policy.check import Check
from outreach.policy.compiler import Builder
from outreach.policy.gate import Policy
from outreach.policy.pack import Pack
from outreach.policy.rule import Draft
from outreach.policy.strict import validate
from outreach.policy.yamlfile import Document, parse, read

__all__ = ["load", "load_documents"]


def load(folders: Sequence[Path], checks: Mapping[str, Check]) -> Policy:
    """Load every ``pack.yaml`` in and below these folders.

    :param checks: the kinds of checks by name.
    :raises PolicyError: with file, line and column, if anything in a pack cannot be relied on.
    """
    paths: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise PolicyError(
                "a folder of policy packs is not there",
                where=str(folder),
                remedy="make the folder, or take it out of the settings",
            )
        paths.update((path.resolve(), None) for path in sorted(folder.rglob("pack.yaml")))
    return _build([(read(path), path) for path in paths], checks)


def load_documents(texts: Sequence[str], checks: Mapping[str, Check]) -> Policy:
    """The policy of kept pack texts (``Policy.documents``), for replay.

    :raises PolicyError: as :func:`load`; places are named by the digest of the text.
    """
    return _build([(parse(text, f"kept pack {digest_of(text)[:12]}"), None) for text in texts], checks)


def _build(sources: Sequence[tuple[Document, Path | None]], checks: Mapping[str, Check]) -> Policy:
    drafts = [Draft(document, validate(Pack, document), path) for document, path in sources]
    drafts.sort(key=lambda draft: draft.pack.pack)
    builder = Builder(drafts, checks)
    return Policy([builder.loaded(draft) for draft in drafts])
