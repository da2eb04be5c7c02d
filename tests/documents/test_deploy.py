"""docs/deploy: its nginx before the app, with a certificate made here; its unit, its secrets."""

import os
import re
import shutil
import socket
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.browser.running_app import running_app
from tests.browser.socket_session import BrokenError, SocketSession, in_own_loop
from tests.documents.fences import ROOT

FOLDER = ROOT / "docs" / "deploy"
HOST = "heanet.example.org"
_AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[int, int, str]]:
    """Ports of http and https of nginx before a running app, and the file of its certificate."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx on this machine (Debian: apt-get install nginx)")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1",
         "-keyout", "privkey.pem", "-out", "fullchain.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    plain, secure = free_port(), free_port()
    home = tmp_path / "app"
    home.mkdir()
    with running_app(home) as url:
        site = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
        for theirs, ours in (
            ("listen 80;", f"listen 127.0.0.1:{plain};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"),
            ("/etc/ssl/heanet/", f"{tmp_path}/"),
            ("http://127.0.0.1:8501", url),
        ):
            assert theirs in site
            site = site.replace(theirs, ours)
        file = tmp_path / "nginx.conf"
        # As root it would write what is sent as somebody who may not.
        user = "" if os.geteuid() else "user root;"
        text = _AROUND.format(folder=tmp_path, site=site, user=user)
        file.write_text(text, encoding="utf-8")
        process = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(file), "-e", "error.log"])
        try:
            deadline = time.monotonic() + 60
            while not answers(secure):
                assert process.poll() is None, (tmp_path / "error.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield plain, secure, str(tmp_path / "fullchain.pem")
        finally:
            process.terminate()
            process.wait(timeout=60)


async def visit(url: str, certificate: str) -> None:
    async with SocketSession.open(url, certificate=certificate) as session:
        page = await session.show("Structure")
        assert page.kinds["file_uploader"] == 1
        await session.send("large.vasp", bytes(19 * 2**20))
        with pytest.raises(BrokenError, match="413"):
            await session.send("larger.vasp", bytes(22 * 2**20))


def test_the_pages_work_behind_nginx(behind: tuple[int, int, str]) -> None:
    """A session over TLS, files up to the limit and no further, and what stays inside."""
    plain, secure, certificate = behind
    url = f"https://127.0.0.1:{secure}"
    in_own_loop(visit(url, certificate))
    told = requests.get(
        f"http://127.0.0.1:{plain}/Structure",
        headers={"Host": HOST},
        allow_redirects=False,
        timeout=60,
        proxies={"http": ""},
    )
    assert (told.status_code, told.headers["Location"]) == (301, f"https://{HOST}/Structure")
    with requests.Session() as browser:
        browser.trust_env = False
        browser.verify = certificate
        assert browser.get(f"{url}/_stcore/health", timeout=60).status_code == 200
        assert browser.get(f"{url}/_stcore/metrics", timeout=60).status_code == 404
        answer = browser.get(f"{url}/app/static/3Dmol-min.js", timeout=60)
        assert answer.headers["content-type"].startswith("application/javascript")
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_the_unit_starts_what_is_there() -> None:
    unit = (FOLDER / "heanet.service").read_text(encoding="utf-8")
    start = re.search(r"^ExecStart=(\S+) -m streamlit run (\S+) ", unit, re.MULTILINE)
    assert start is not None
    assert start[1] == "/srv/heanet/app/.venv/bin/python"
    assert (ROOT / start[2]).exists()
    if shutil.which("systemd-analyze"):
        done = subprocess.run(
            ["systemd-analyze", "verify", str(FOLDER / "heanet.service")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        said = [line for line in done.stderr.splitlines() if "heanet.service" in line]
        assert [line for line in said if "is not executable" not in line] == []


def test_the_secrets_have_all_that_a_sign_in_needs() -> None:
    auth = tomllib.loads((FOLDER / "secrets.toml").read_text(encoding="utf-8"))["auth"]
    needed = {"redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url"}
    assert set(auth) == needed
    assert auth["redirect_uri"] == f"https://{HOST}/oauth2callback"
