"""The server as a client sees it, with a pretended analysis: places, versions, pull and push, misbehaviour."""

from __future__ import annotations

import time

import pytest
from client import FAKE, Client, ResponseError, hint_params

URI = "file:///tmp/net.py"
ENCODINGS = ("utf-8", "utf-16", "utf-32")
# How many units 'é' and '𝔸' take.
UNITS = {"utf-8": (2, 4), "utf-16": (1, 2), "utf-32": (1, 1)}


KINDS = [(encoding, pulls) for encoding in ENCODINGS for pulls in (False, True)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{'pull' if kind[1] else 'push'}")
def started(request):
    """A client of each kind, started once."""
    encoding, pulls = request.param
    client = Client(FAKE, encoding)
    client.pulls = pulls
    result = client.start(pull=pulls)
    assert result["capabilities"]["positionEncoding"] == encoding
    assert ("diagnosticProvider" in result["capabilities"]) is pulls
    yield client
    client.kill()


@pytest.fixture
def client(started):
    yield started
    started.reset()


@pytest.fixture
def encoding(client):
    return client.encoding


@pytest.fixture(scope="module")
def started_one():
    client = Client(FAKE)
    client.pulls = False
    client.start()
    yield client
    client.kill()


@pytest.fixture
def one(started_one):
    """One client that is pushed to, for what does not depend on its kind."""
    yield started_one
    started_one.reset()


@pytest.fixture(scope="module")
def started_puller():
    client = Client(FAKE)
    client.pulls = True
    client.start(pull=True)
    yield client
    client.kill()


@pytest.fixture
def puller(started_puller):
    yield started_puller
    started_puller.reset()


@pytest.fixture
def doomed():
    """A client whose server does not outlive the test."""
    client = Client(FAKE)
    client.start()
    yield client
    client.kill()


def diagnostics(client, uri=URI):
    return client.pull(uri)["items"] if client.pulls else client.published(uri, client.versions[uri])


# -- places ----------------------------------------------------------------------------------------------------------


def test_hints_stand_at_line_ends_in_the_clients_units(client, encoding):
    client.open(URI, "é = '𝔸'  #! é 2,B\nplain = 1  #! plain 3\n")
    wide, astral = UNITS[encoding]
    assert client.labels(URI) == [
        (0, 14 + 2 * wide + astral, "→ (2, B)"),
        (1, 21, "→ (3,)"),
    ]


def test_hover_names_the_shape_and_its_range(client, encoding):
    client.open(URI, "s = 'é𝔸'; x = s  #! x 2,3 float32\n")
    wide, astral = UNITS[encoding]
    column = 8 + wide + astral
    found = client.hover(URI, 0, column)
    assert found["contents"]["value"].startswith("`(2, 3) float32` — 24 bytes")
    assert found["contents"]["value"].endswith("about it")
    assert found["range"] == {"start": {"line": 0, "character": column}, "end": {"line": 0, "character": column + 1}}
    assert client.hover(URI, 0, 0) is None


def test_diagnostics_in_the_clients_units_with_related_places(client, encoding):
    client.open(URI, "a = 'é'\n  b('𝔸')  #? 3 against 1\n")
    wide, astral = UNITS[encoding]
    (found,) = diagnostics(client)
    assert found["range"] == {"start": {"line": 1, "character": 2}, "end": {"line": 1, "character": 7 + astral}}
    assert (found["message"], found["code"], found["source"], found["severity"]) == (
        "3 against 1",
        "channel-mismatch",
        "shapelens",
        1,
    )
    assert found["codeDescription"]["href"].endswith("docs/rules/channel-mismatch.md")
    (related,) = found["relatedInformation"]
    assert related["message"] == "made here"
    assert related["location"] == {
        "uri": URI,
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 6 + wide}},
    }


def test_never_both_pull_and_push(client):
    client.open(URI, "b()  #? bad\n")
    assert diagnostics(client)
    time.sleep(0.4)
    pushed = [m for m in client.notifications if m["method"] == "textDocument/publishDiagnostics"]
    assert bool(pushed) is not client.pulls


def test_edits_add_and_mend_an_error(client, encoding):
    wide, astral = UNITS[encoding]
    client.open(URI, "s = 'é𝔸'\nb()\n")
    assert diagnostics(client) == []
    client.change(URI, (1, 3, 1, 3, "  #? bad"))
    assert [d["message"] for d in diagnostics(client)] == ["bad"]
    client.change(URI, (0, 4, 0, 6 + wide + astral, "0"), (1, 3, 1, 11, ""))
    assert diagnostics(client) == []
    client.change(URI, (0, 5, 1, 3, " #! s 7"))
    assert client.labels(URI) == [(0, 12, "→ (7,)")]


def test_lines_are_those_of_the_editor(client):
    """A form feed or a line separator ends no line; a lone carriage return does."""
    client.open(URI, "a = 1\x0c\u2028\rb = 2\r\nx = 3  #! x 4\n")
    assert client.labels(URI) == [(2, 13, "→ (4,)")]
    client.change(URI, (2, 4, 2, 5, "33"))
    assert client.labels(URI) == [(2, 14, "→ (4,)")]


def test_halves_of_a_character_become_one(client):
    client.open(URI, "é = '\ud83d'; x = 1  #! x 2\n")
    client.change(URI, (0, 6 if client.encoding != "utf-8" else 9, 0, 6 if client.encoding != "utf-8" else 9, "\ude00"))
    wide, line = sum(UNITS[client.encoding]), "' = '; x = 1  #! x 2"
    assert client.labels(URI) == [(0, len(line) + wide, "→ (2,)")]


def test_tooltips_come_when_asked_for(client):
    client.open(URI, "é = 1  #! é 2,B float32\n")
    (hint,) = client.hints(URI)
    assert "tooltip" not in hint
    assert client.request("inlayHint/resolve", hint)["tooltip"] == {
        "kind": "markdown",
        "value": "**é** `(2, B) float32` — 8 bytes · B",
    }
    client.change(URI, (0, 0, 0, 0, "\n"))
    assert client.request("inlayHint/resolve", hint) == hint
    del hint["data"]
    assert client.request("inlayHint/resolve", hint) == hint


def test_tooltips_for_clients_that_cannot_ask():
    client = Client(FAKE)
    client.start(document={"inlayHint": {}})
    client.open(URI, "x = 1  #! x 2\n")
    assert client.hints(URI)[0]["tooltip"]["value"] == "**x** `(2,)`"
    client.kill()


def test_hints_only_in_the_range(one):
    one.open(URI, "".join(f"x{i} = 0  #! x{i} {i}\n" for i in range(10)))
    assert [h["position"]["line"] for h in one.hints(URI, 3, 5)] == [3, 4]
    assert one.hints(URI, 20, 30) == []
    assert one.hints(URI, 5, 3) == []


# -- versions --------------------------------------------------------------------------------------------------------


def test_pulled_diagnostics_are_unchanged_until_they_change(puller):
    puller.open(URI, "b()  #? bad\n")
    first = puller.pull(URI)
    assert (first["kind"], len(first["items"])) == ("full", 1)
    assert puller.pull(URI, first["resultId"]) == {"kind": "unchanged", "resultId": first["resultId"]}
    puller.change(URI, (0, 0, 0, 0, "\n"))
    assert puller.pull(URI, first["resultId"])["kind"] == "full"


def test_a_newer_edit_cancels_what_runs(one):
    one.open(URI, "SLOW\n")
    waiting = [one.ask("textDocument/inlayHint", hint_params(URI)) for _ in range(3)]
    time.sleep(0.3)
    start = time.monotonic()
    one.change(URI, "x = 1  #! x 2\n")
    assert one.labels(URI) == [(0, 13, "→ (2,)")]
    assert time.monotonic() - start < 5
    for identity in waiting:
        with pytest.raises(ResponseError) as raised:
            one.answer(identity)
        assert raised.value.code == -32801
    assert one.published(URI, 2) == []
    assert b"Traceback" not in one.log


def test_a_pull_that_is_overtaken_is_asked_for_again(puller):
    puller.open(URI, "SLOW\n")
    identity = puller.ask("textDocument/diagnostic", {"textDocument": {"uri": URI}})
    time.sleep(0.3)
    puller.change(URI, "\n")
    puller.pull(URI)
    with pytest.raises(ResponseError) as raised:
        puller.answer(identity)
    assert (raised.value.code, raised.value.data) == (-32802, {"retriggerRequest": True})


def test_the_clients_cancel_is_answered_at_once_and_harms_nobody(one):
    one.open(URI, "SLOW\n")
    first = one.ask("textDocument/inlayHint", hint_params(URI))
    second = one.ask("textDocument/inlayHint", hint_params(URI))
    time.sleep(0.2)
    one.notify("$/cancelRequest", {"id": first})
    with pytest.raises(ResponseError) as raised:
        one.answer(first, 5)
    assert raised.value.code == -32800
    one.change(URI, "")
    with pytest.raises(ResponseError):
        one.answer(second, 5)
    assert one.labels(URI) == []


def test_an_edit_elsewhere_only_delays_the_answer(one):
    other = "file:///tmp/other.py"
    one.open(URI, "x = 1  #! x 2\n")
    one.open(other, "SLOW\n")
    identity = one.ask("textDocument/inlayHint", hint_params(other))
    time.sleep(0.2)
    one.change(URI, "x = 1  #! x 3\n")
    one.change(other, "y = 1  #! y 3\n")
    assert one.labels(URI) == [(0, 13, "→ (3,)")]
    assert one.labels(other) == [(0, 13, "→ (3,)")]
    with pytest.raises(ResponseError):
        one.answer(identity)


def test_a_hundred_quick_edits_are_analysed_a_few_times(client):
    client.open(URI, "COUNT\nb()  #? bad\n")
    for _ in range(100):
        client.change(URI, (0, 5, 0, 5, "x"))
    (found,) = diagnostics(client)
    assert int(found["message"].split()[1]) <= 20
    if not client.pulls:
        versions = [
            m["params"]["version"] for m in client.notifications if m["method"] == "textDocument/publishDiagnostics"
        ]
        assert versions == sorted(versions)
        assert len(versions) < 20


def test_hovers_are_answered_while_another_document_is_analysed(one):
    one.open(URI, "x = 1  #! x 2\n")
    assert one.labels(URI)
    assert one.hover(URI, 0, 0)
    one.open("untitled:Slow", "SLOW\n")
    one.ask("textDocument/inlayHint", hint_params("untitled:Slow"))
    assert one.request("textDocument/codeAction", code_action_params("file:///unknown.py")) is None


def code_action_params(uri):
    place = {"line": 0, "character": 0}
    return {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}


def test_closing_clears_pushed_diagnostics(one):
    one.open(URI, "b()  #? bad\n")
    assert one.published(URI, 1)
    one.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert one.published(URI, None) == []
    assert one.hints(URI) is None


def test_what_a_slow_search_finds_comes_later(client):
    client.open(URI, "x  HIDDEN\n")
    assert client.labels(URI) == []
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    assert [label for *_, label in client.labels(URI)] != []


def test_a_saved_or_changed_file_refreshes_the_others(one):
    refresh = "workspace/inlayHint/refresh"
    one.open(URI, "x = 1  #! x 2\n")
    one.labels(URI)
    one.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    one.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": URI, "type": 2}]})
    time.sleep(0.8)
    assert one.asked(refresh) == 0
    one.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///tmp/b.py", "type": 2}] * 3})
    one.wait_for(lambda: one.asked(refresh) == 1)
    one.open("file:///tmp/c.py", "")
    one.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    one.wait_for(lambda: one.asked(refresh) == 2)


def test_watched_files_are_registered(doomed):
    one = doomed
    one.wait_for(lambda: one.asked("client/registerCapability"))
    (request,) = [m for m in one.requests if m["method"] == "client/registerCapability"]
    watched, configured = request["params"]["registrations"]
    assert watched["registerOptions"]["watchers"] == [{"globPattern": "**/*.py"}, {"globPattern": "**/pyproject.toml"}]
    assert configured["method"] == "workspace/didChangeConfiguration"


# -- code actions ----------------------------------------------------------------------------------------------------


def test_a_fix_is_offered_with_its_diagnostic(client, encoding):
    client.open(URI, "a\n\tb('𝔸')  #? bad\n")
    action, silencing = client.actions(URI, 1)
    assert silencing["title"] == "Disable channel-mismatch for this line"
    assert (silencing["kind"], silencing.get("isPreferred")) == ("quickfix", None)
    assert silencing["diagnostics"] == action["diagnostics"]
    assert silencing["edit"]["documentChanges"][0]["edits"][0]["newText"] == "  # shapelens: ignore[channel-mismatch]"
    assert (action["title"], action["kind"], action["isPreferred"]) == ("Write fixed", "quickfix", True)
    assert action["diagnostics"][0]["message"] == "bad"
    (change,) = action["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 1}
    end = 5 + UNITS[encoding][1] + 1
    assert change["edits"] == [
        {"range": {"start": {"line": 1, "character": 1}, "end": {"line": 1, "character": end}}, "newText": "fixed"}
    ]
    assert client.actions(URI, 0) == []
    assert client.actions(URI, 1, ["refactor"]) == []
    assert len(client.actions(URI, 1, ["quickfix"])) == 2
    assert client.actions(URI, 1, ["source.organizeImports"]) is None


# -- settings --------------------------------------------------------------------------------------------------------


def shown(client):
    return [m["params"]["message"] for m in client.notifications if m["method"] == "window/showMessage"]


def test_options_at_the_start_then_configuration():
    client = Client(FAKE, settings={"shapelens": {"inlayHints": {"maxLength": 12}}})
    client.start(options={"inlayHints": {"position": "name", "maxLength": None}})
    client.wait_for(lambda: client.asked("workspace/configuration"))
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    client.open(URI, "x = 1  #! x 10,20,30,40\n")
    assert client.labels(URI) == [(0, 23, "→ (10, …)")]
    client.settings = {"shapelens": {"inlayHints": {"position": "name"}}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh") == 2)
    assert client.labels(URI) == [(0, 1, ": (10, 20, 30, 40)")]
    client.settings = {"shapelens": {"inlayHints": {"assignments": False}}}
    client.notify("workspace/didChangeConfiguration", {"settings": {}})
    client.wait_for(lambda: client.asked("workspace/inlayHint/refresh") == 3)
    assert client.labels(URI) == []
    client.kill()


def test_without_configuration_support_the_notification_counts():
    client = Client(FAKE)
    client.start(configuration=False, options={"shapelens": {"diagnostics": {"enabled": False}}})
    client.open(URI, "b()  #? bad\n")
    assert client.published(URI, 1) == []
    client.notify("workspace/didChangeConfiguration", {"settings": {"shapelens": {}}})
    client.wait_for(lambda: any(m["params"].get("diagnostics") for m in client.notifications))
    client.kill()


def test_bad_settings_are_said_once_and_the_default_holds():
    client = Client(FAKE, settings={"shapelens": {"inlayHints": {"position": "left", "maxLength": 3}}})
    client.start(options={"inlayHints": {"position": "left"}, "python": "/nowhere"})
    client.wait_for(lambda: len(shown(client)) == 3)
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.open(URI, "x = 1  #! x 2\n")
    assert client.labels(URI) == [(0, 13, "→ (2,)")]
    assert sorted(shown(client)) == [
        "Shapelens: /nowhere: no Python there",
        "Shapelens: shapelens.inlayHints.maxLength must be null or a whole number from 8, not 3",
        'Shapelens: shapelens.inlayHints.position must be "lineEnd" or "name", not \'left\'',
    ]
    client.kill()


# -- clients that misbehave ------------------------------------------------------------------------------------------


def is_alive(client, uri="file:///tmp/alive.py"):
    client.open(uri, "x = 1  #! x 2\n")
    return client.labels(uri) == [(0, 13, "→ (2,)")] and not shown(client)


def test_unknown_documents_get_empty_answers(client):
    assert client.hints("file:///never/opened.py") is None
    assert client.hover("file:///never/opened.py", 5, 5) is None
    assert client.actions("nonsense", 0) is None
    if client.pulls:
        assert client.pull("file:///never/opened.py")["items"] == []
    client.change("file:///never/opened.py", "x")
    client.change("file:///never/opened.py", (0, 0, 99, 99, "x"))
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never/opened.py"}})
    client.notify("textDocument/didSave", {"textDocument": {"uri": "file:///never/opened.py"}})
    assert is_alive(client)


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "vscode-notebook-cell:/tmp/n.ipynb#W0s", "git:/a.py?x=1", "x", "", "file://", "é 𝔸"]
)
def test_documents_that_are_no_files(one, uri):
    one.open(uri, "x = 1  #! x 2\nb()  #? bad\n")
    assert one.labels(uri) == [(0, 13, "→ (2,)")]
    (found,) = one.published(uri, 1)
    assert found["relatedInformation"][0]["location"]["uri"] == uri
    assert is_alive(one)


def test_other_languages_are_left_alone(one):
    one.open("file:///tmp/a.toml", "x = 1  #! x 2\n", "toml")
    assert one.hints("file:///tmp/a.toml") is None
    assert is_alive(one)


def test_wrong_versions_and_places(one):
    one.open(URI, "x = 1  #! x 2\n")
    one.versions[URI] = -7
    one.change(URI, (99, 99, 3, 2, "y = 1  #! y 3\n"), (1, 99, 0, 0, ""))
    assert (0, 13, "→ (2,)") in one.labels(URI)
    one.open(URI, "z = 1  #! z 4\n")
    assert one.labels(URI) == [(0, 13, "→ (4,)")]
    assert one.hover(URI, 99999, 99999) is None
    assert is_alive(one)


@pytest.mark.parametrize("method", ["textDocument/inlayHint", "textDocument/hover", "textDocument/codeAction"])
@pytest.mark.parametrize("params", [None, {}, [], {"textDocument": 3}, {"textDocument": {"uri": 3}}])
def test_garbage_parameters_get_an_error(one, method, params):
    with pytest.raises(ResponseError):
        one.request(method, params)
    assert is_alive(one)


def test_garbage_on_the_wire(one):
    with pytest.raises(ResponseError) as raised:
        one.request("shapelens/unheardOf", {})
    assert raised.value.code == -32601
    one.notify("shapelens/unheardOf", {})
    one.notify("textDocument/didOpen", {"textDocument": {}})
    one.notify("textDocument/didChange", None)
    one.send({"jsonrpc": "2.0"})
    one.send({"jsonrpc": "2.0", "id": "never-asked", "result": 1})
    one.send([1, 2])
    one.send_bytes(b"Content-Length: 5\r\n\r\n{nope")
    one.send_bytes(b"Content-Type: odd\r\nContent-Length: 2\r\n\r\n{}")
    assert is_alive(one)


def test_requests_too_early_and_too_late():
    client = Client(FAKE)
    with pytest.raises(ResponseError) as raised:
        client.hints(URI)
    assert raised.value.code == -32002
    client.notify("textDocument/didOpen", {"textDocument": {}})
    client.start()
    assert is_alive(client)
    with pytest.raises(ResponseError):
        client.start()
    client.request("shutdown", None)
    with pytest.raises(ResponseError) as raised:
        client.hints(URI)
    assert raised.value.code == -32600
    client.notify("exit", None)
    assert client.process.wait(10) == 0


def test_an_analysis_that_fails_shows_nothing_and_is_logged(client):
    client.open(URI, "BOOM\n")
    assert client.hints(URI) is None
    assert client.hover(URI, 0, 0) is None
    if client.pulls:
        assert client.pull(URI)["items"] == []
    assert is_alive(client)
    assert client.has_logged(b"boom")


def test_the_server_goes_when_the_client_does(doomed):
    one = doomed
    one.open(URI, "SLOW\n")
    one.ask("textDocument/inlayHint", hint_params(URI))
    time.sleep(0.2)
    one.process.stdin.close()
    one.process.wait(5)


def test_it_stops_while_an_analysis_runs(doomed):
    one = doomed
    one.open(URI, "SLOW\n")
    one.ask("textDocument/inlayHint", hint_params(URI))
    time.sleep(0.2)
    assert one.stop() == 0
