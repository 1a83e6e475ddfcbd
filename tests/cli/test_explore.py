"""`mixeff explore`: the page on loopback, its answers, who is refused, and how it stops."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection

import pytest
from click.testing import CliRunner
from tests.results.made import fitted

from mixeff.cli.commands import program
from mixeff.cli.explore import ADDRESS, ExplorerServer
from mixeff.report.page import sections

VALUES = {"x": "0.5", "sex": "girl", "klass": ""}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "drawn", lambda fit: [])
        with ExplorerServer(fitted("bernoulli")) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server
            server.shutdown()


def send(server, method, path, body=None, headers=None):
    connection = HTTPConnection(ADDRESS, server.server_port, timeout=30)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def ask(server, question, **headers):
    response, content = send(server, "POST", "/predict", json.dumps(question), JSON | headers)
    return response.status, json.loads(content)


def test_it_listens_on_loopback_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


def test_the_page_asks(server):
    response, content = send(server, "GET", "/")
    text = content.decode()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert '<form id="question"' in text
    assert "connect-src 'self'" in text
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Cache-Control"):
        assert response.headers[name]
    assert "Python" not in response.headers["Server"]


def test_a_question_is_answered_by_the_fit(server):
    status, found = ask(server, {"kind": "marginal", "values": VALUES})
    wanted = server.fit.predict(
        {"x": [0.5], "sex": ["girl"]}, kind="marginal", interval="confidence"
    )
    assert status == 200
    assert found["rows"][0] == pytest.approx(wanted.iloc[0].tolist())


def test_what_is_wrong_with_a_question_is_said(server):
    status, found = ask(server, {"kind": "marginal", "values": {**VALUES, "sex": "cat"}})
    assert status == 200
    assert found == {"error": "'cat' is no level of 'sex', which are: boy, girl."}
    response, content = send(server, "POST", "/predict", b"\xff{", JSON)
    assert (response.status, json.loads(content)) == (200, {"error": "the question is not JSON."})


@pytest.mark.parametrize("path", ["/etc/passwd", "/../fit.json", "/predict", "/?x", "/index.html"])
def test_there_is_nothing_else_to_get(server, path):
    assert send(server, "GET", path)[0].status == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1:1", "", "localhost"]
)
def test_other_hosts_are_refused(server, host):
    assert send(server, "GET", "/", headers={"Host": host})[0].status == 403
    assert ask(server, {"values": VALUES}, Host=host)[0] == 403


def test_the_other_name_of_loopback_is_served(server):
    host = f"localhost:{server.server_port}"
    assert send(server, "GET", "/", headers={"Host": host})[0].status == 200
    assert ask(server, {"values": VALUES}, Host=host, Origin=f"http://{host}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_questions_of_other_pages_are_refused(server, origin):
    assert ask(server, {"values": VALUES}, Origin=origin)[0] == 403


def test_only_json_of_some_size_is_a_question(server):
    body = json.dumps({"values": VALUES})
    plain = {"Content-Type": "text/plain"}
    assert send(server, "POST", "/predict", body, plain)[0].status == 415
    assert send(server, "POST", "/", body, JSON)[0].status == 404
    long = JSON | {"Content-Length": "99999999"}
    assert send(server, "POST", "/predict", b"", long)[0].status == 413
    assert send(server, "POST", "/predict", b"", JSON | {"Content-Length": "-1"})[0].status == 413
    assert send(server, "PUT", "/predict", body, JSON)[0].status == 501


# The command ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("fits") / "pupils.fit"
    fitted("bernoulli").save(path)
    return path


@pytest.mark.e2e
def test_it_says_where_and_stops_at_ctrl_c(saved):
    command = [sys.executable, "-m", "mixeff.cli", "explore", str(saved)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)/ \(Ctrl-C stops\)", line)[1])  # type: ignore[index]
    connection = HTTPConnection(ADDRESS, port, timeout=30)
    connection.request("POST", "/predict", json.dumps({"values": VALUES}), JSON)
    assert json.loads(connection.getresponse().read())["columns"][0] == "estimate"
    connection.close()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert (process.returncode, errors, rest.strip()) == (0, "", "Stopped.")


def test_a_port_that_is_taken(saved):
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(program, ["explore", str(saved), "--port", port])
    assert result.exit_code == 2
    assert f"port {port} is in use" in result.stderr


def test_what_is_no_fit(tmp_path):
    (tmp_path / "notes.txt").write_text("no fit")
    result = CliRunner().invoke(program, ["explore", str(tmp_path / "notes.txt")])
    assert result.exit_code == 2
    assert "is not a fit that mixeff saved" in result.stderr
    result = CliRunner().invoke(program, ["explore", str(tmp_path / "nothing")])
    assert result.exit_code == 2
    assert "No such file" in result.stderr
