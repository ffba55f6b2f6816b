import json
import os
import sys

import psutil

from tui import host


def fake(folder, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(0o755)


async def test_units_are_read_where_there_are_some(tmp_path, monkeypatch):
    units = [
        {"unit": "catchup-server@1.service", "active": "failed", "sub": "failed"},
        {"unit": "redis-server.service", "active": "active", "sub": "running"},
    ]
    fake(tmp_path, "systemctl", f"print({json.dumps(units)!r})")
    fake(tmp_path, "journalctl", "import sys; print('last words of', sys.argv[2])")
    monkeypatch.setenv("PATH", str(tmp_path))

    told = await host.look({})

    assert [(part.name, part.runs) for part in told.parts] == [
        ("catchup-server@1.service", False),
        ("redis-server.service", True),
    ]
    assert told.log == ("last words of catchup-server@1.service",)
    assert told.to_run[0] == "sudo systemctl restart catchup-server@1.service"


async def test_embedded_mode_has_its_process_list(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    me = psutil.Process()
    processes = [
        {"name": "server", "pid": os.getpid(), "started": me.create_time(), "stop_signal": 15},
        {"name": "worker", "pid": os.getpid(), "started": 1.0, "stop_signal": 15},
    ]
    (tmp_path / "run.json").write_text(json.dumps({"ports": {}, "processes": processes}))

    told = await host.look({"CATCHUP_HOME": str(tmp_path)})

    assert [(part.name, part.state) for part in told.parts] == [
        ("server", "running"),
        ("worker", "stopped"),
    ]
    assert told.to_run[0] == "catchup up"


async def test_a_machine_without_anything_of_ours_still_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    told = await host.look({"CATCHUP_HOME": str(tmp_path / "none")})

    assert told.parts == ()
    assert "catchup doctor" in told.to_run


async def test_a_damaged_run_file_is_no_reason_to_fail(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "run.json").write_text("[1, 2")

    assert (await host.look({"CATCHUP_HOME": str(tmp_path)})).parts == ()
