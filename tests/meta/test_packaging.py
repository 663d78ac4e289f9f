"""What we ship and what it rests on: the locks, the licences of the core, the files in the wheel."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CORE = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
LOCKS = ("requirements.lock", "requirements-dev.lock", "tools/uv.lock.txt", "benchmarks/peers.lock")

# A lock may hold nothing but these, which leaves no room for an address, a path or an option.
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)(?P<marker> ; [^\\:/@]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?P<more> \\)?")
FILE = (
    r"-r build\.in|-r tools/uv\.in|-r benchmarks/peers\.in|-c requirements-dev\.lock|"
    r"outreach \(pyproject\.toml(:[a-z]+)?\)"
)
ORIGIN = re.compile(rf"    #( via|( via|  ) ({FILE}|[a-z0-9-]+))")

PERMISSIVE = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|0BSD|Zlib|Unlicense)\b", re.I)
COPYLEFT = re.compile(r"GPL|MPL|General Public|Mozilla|EUPL|CDDL|SSPL|Eclipse|EPL", re.I)


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text("utf-8").splitlines()
    return {found["name"]: found["version"] for line in lines if (found := PIN.fullmatch(line))}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_place_to_get_them_from(lock: str) -> None:
    strange = [
        line
        for line in (ROOT / lock).read_text("utf-8").splitlines()
        if not (PIN.fullmatch(line) or HASH.fullmatch(line) or ORIGIN.fullmatch(line))
    ]
    assert [] == strange


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    blocks = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [] == [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_fit_the_declared_dependencies(lock: str) -> None:
    """Fails when a dependency was added or narrowed without `make lock`."""
    locked = pins(lock)
    wanted = list(CORE)
    if lock == "requirements-dev.lock":
        wanted += [Requirement(line) for line in PROJECT["dependency-groups"]["dev"]]
    misfits = [
        str(need)
        for need in wanted
        if not need.specifier.contains(locked.get(canonicalize_name(need.name), "0"), prereleases=True)
    ]
    assert [] == misfits


def test_the_development_lock_contains_the_runtime_lock() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def core_closure() -> set[str]:
    """Names of all distributions that the core dependencies bring in on this machine."""
    seen: set[str] = set()
    todo = list(CORE)
    while todo:
        need = todo.pop()
        extras = need.extras or {""}
        if need.marker is not None and not any(need.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(need.name)
        if name in seen:
            continue
        seen.add(name)
        todo += [Requirement(line) for line in distribution(name).requires or ()]
    return seen


def test_the_core_rests_on_permissive_licences_only() -> None:
    closure = core_closure()
    assert {"pydantic-core", "sqlalchemy", "markupsafe"} <= closure
    command = [sys.executable, "-m", "piplicenses", "--from=all", "--with-license-file", "--no-license-path"]
    listing = subprocess.run(
        [*command, "--format=json", "--packages", *sorted(closure)],
        check=True,
        capture_output=True,
        text=True,
    )
    licences = {canonicalize_name(row["Name"]): licence(row) for row in json.loads(listing.stdout)}
    assert closure == licences.keys()
    unfit = {name for name, said in licences.items() if COPYLEFT.search(said) or not PERMISSIVE.search(said)}
    assert {} == {name: licences[name] for name in unfit}


def licence(row: dict[str, str]) -> str:
    """All that the metadata say; where they are silent, the heading of the licence file."""
    kinds = ("License-Expression", "License-Metadata", "License-Classifier")
    said = [row[kind] for kind in kinds if row[kind] != "UNKNOWN"]
    return " / ".join(said) or row["LicenseText"].strip().partition("\n")[0]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this checkout, without a network."""
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [built] = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def files_under(folder: str) -> set[str]:
    ignored = {"__pycache__", ".DS_Store"}
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not ignored & set(path.parts)}


@pytest.mark.xdist_group("wheel")
@pytest.mark.parametrize("folder", ["templates", "config"])
def test_the_wheel_holds_the_data_of_the_checkout(wheel: set[str], folder: str) -> None:
    held = {name for name in wheel if name.startswith(f"outreach/_data/{folder}/")}
    assert {f"outreach/_data/{name}" for name in files_under(folder)} == held


@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_the_package_and_says_that_it_is_typed(wheel: set[str]) -> None:
    assert "outreach/py.typed" in wheel
    assert {name.removeprefix("src/") for name in files_under("src/outreach")} <= wheel


@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_every_first_party_plugin(wheel: set[str]) -> None:
    named = PROJECT["project"]["entry-points"]["outreach"].values()
    assert {f"{module}/__init__.py" for module in named} <= wheel
    assert sorted(named) == sorted(path.name for path in (ROOT / "plugins").glob("outreach_*"))


@pytest.mark.xdist_group("wheel")
def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    named = set(PROJECT["project"]["entry-points"]["outreach"].values())
    version = distribution("outreach").version
    assert {"outreach", f"outreach-{version}.dist-info", *named} == tops
