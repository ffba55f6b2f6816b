"""`make audit`, with advisory services that answer what a test wants."""

import json
import re
import subprocess
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
Pins = list[tuple[str, str]]


@pytest.fixture
def audit() -> ModuleType:
    loader = SourceFileLoader("audit", str(TOP / ".ci" / "audit"))
    spec = spec_from_loader("audit", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def services(audit, monkeypatch):
    """Let each service know some packages, with their vulnerabilities; None: it is away."""

    def answer(**known: dict[str, list[str]] | None) -> None:
        def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
            if "requirements" in command:
                return subprocess.CompletedProcess(command, 0, "", "")
            service = command[command.index("--vulnerability-service") + 1]
            found = known.get(service)
            if found is None:
                return subprocess.CompletedProcess(command, 1, "", "no route to host")
            asked = Path(command[command.index("--requirement") + 1]).read_text().split()
            pins = [tuple(pin.split("==")) for pin in asked]
            entries = [
                {"name": n, "version": v, "vulns": [{"id": i} for i in found[n]]}
                if n in found
                else {"name": n, "skip_reason": "not found"}
                for n, v in pins
            ]
            return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": entries}))

        monkeypatch.setattr(audit.subprocess, "run", run)

    return answer


@pytest.fixture
def lock(audit, monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "TOP", tmp_path)
    (tmp_path / audit.LOCK).write_text("left==1.0 \\\n    --hash=x\nright==2.0 ; python_version\n")


def test_a_clean_lock_passes(audit, services, lock, capsys):
    services(pypi={"left": [], "right": []})

    assert audit.main() == 0
    assert "Audited all 2" in capsys.readouterr().out


def test_a_known_vulnerability_fails_and_is_named(audit, services, lock, capsys):
    services(pypi={"left": ["CVE-1"], "right": []})

    assert audit.main() == 1
    assert "left 1.0: CVE-1" in capsys.readouterr().out


def test_nothing_audited_is_said_and_is_no_success(audit, services, lock, capsys):
    services(pypi={}, osv=None)

    assert audit.main() == 2
    assert "NOTHING WAS AUDITED" in capsys.readouterr().out


def test_what_one_service_does_not_know_another_is_asked(audit, services, lock, capsys):
    services(pypi={"left": []}, osv={"right": []})

    assert audit.main() == 0


def test_a_dependency_that_nobody_knows_is_named(audit, services, lock, capsys):
    services(pypi={"left": []}, osv=None)

    assert audit.main() == 2
    assert "NOT AUDITED: 1 of 2: right 2.0" in capsys.readouterr().out


def test_two_versions_of_one_package_are_asked_apart(audit):
    assert audit.rounds([("a", "1"), ("a", "2"), ("b", "1")]) == [
        [("a", "1"), ("b", "1")],
        [("a", "2")],
    ]


def test_every_pin_of_the_lock_is_found(audit):
    text = (TOP / audit.LOCK).read_text(encoding="utf-8")

    assert len(audit._PIN.findall(text)) == len(re.findall("^[^ #\n]+==", text, re.MULTILINE)) > 100


def test_the_list_of_parts_names_every_shipped_dependency(audit, monkeypatch, tmp_path):
    for name in (audit.SHIPPED, "pyproject.toml"):
        (tmp_path / name).write_bytes((TOP / name).read_bytes())
    monkeypatch.setattr(audit, "TOP", tmp_path)

    audit.write_sbom()

    bom = json.loads((tmp_path / audit.SBOM).read_text())
    pins = audit._PIN.findall((TOP / audit.SHIPPED).read_text(encoding="utf-8"))
    assert {(part["name"], part["version"]) for part in bom["components"]} == set(pins)
    assert bom["metadata"]["component"]["name"] == "catchup"
